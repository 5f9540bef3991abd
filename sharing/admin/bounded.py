"""Screens that cost the same at a million rows, and that answer a mangled address with a page, never with a failure."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME, ActionForm
from django.contrib.admin.options import ActionLocation, IncorrectLookupParameters
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList, ChangeListSearchForm
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import FETCH_RAISE, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property

from sharing.errors import Refused
from sharing.models.membership import COUNT_CAP, Keys

SEARCH_MAX = 255
FOUND_CAP = 100
# In front of a term: look for it as a part, though something has just that name.
AS_A_PART = "*"


class CappedPaginator(Paginator[Any]):
    """Counts and pages through the first COUNT_CAP rows; what lies beyond is found by search or filter.

    `counts_in_order`: as the list goes, else as some index has the rows.
    """

    counts_in_order = False

    @cached_property
    def found(self) -> int:
        rows: QuerySet[Any] = self.object_list  # type: ignore[assignment]
        return (rows if self.counts_in_order else rows.order_by())[: COUNT_CAP + 1].count()

    @cached_property
    def count(self) -> int:
        return min(self.found, COUNT_CAP)

    @property
    def is_capped(self) -> bool:
        return self.found > COUNT_CAP

    def _get_page(self, rows: Any, number: int, *given: Any) -> Any:
        if number > 1:
            # Else what the rows are joined with is read for those of the pages before, too.
            rows = self.object_list.filter(pk__in=Keys(rows.values("pk")))  # type: ignore[attr-defined]
        return super()._get_page(rows, number, *given)  # type: ignore[misc]  # missing in the stubs


class SearchForm(ChangeListSearchForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields[SEARCH_VAR] = forms.CharField(
            required=False,
            max_length=SEARCH_MAX,
            error_messages={"max_length": f"Search: at most {SEARCH_MAX} characters."},
        )


class BoundedList(ChangeList):
    search_form_class = SearchForm

    def get_filters(self, request: HttpRequest) -> Any:
        # Django lets the address filter by any column and lookup: a NUL or a broken regex then fails in the database.
        allowed = {f"{name}__exact" for name in (*self.list_filter, *self.model_admin.linked_by)}  # type: ignore[attr-defined]
        for name, values in self.get_filters_params().items():
            if name not in allowed or any("\x00" in value for value in values):
                raise IncorrectLookupParameters
        return super().get_filters(request)

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        return rows.fetch_mode(FETCH_RAISE)


class SelectedActionForm(ActionForm):
    """Acts on the rows that were ticked, never on "all" of a list whose end nobody has seen."""

    def clean_select_across(self) -> bool:
        return False


# Django's ModelAdmin cannot be subscripted at run time.
class BoundedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A screen without unbounded counts, drop-downs or lazy loads. Nothing is deleted but through a verb.

    `search_fields` are lookups, each served by an index or exact where rows are many. The one that is `by_part` is left
    out where the whole term names something, and `told_of_parts` says so. `linked_by` names the columns, beside the
    filters, by which another screen's link may narrow the list.
    """

    linked_by: ClassVar[tuple[str, ...]] = ()
    by_part = ""
    told_of_parts = ""
    action_form = SelectedActionForm
    paginator = CappedPaginator
    show_full_result_count = False
    list_per_page = 50
    show_facets = admin.ShowFacets.NEVER
    list_max_show_all = 100
    sortable_by: ClassVar[tuple[str, ...]] = ()

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return BoundedList

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Finds the term by each search field in turn: an OR over two indexes would use neither.

        Each gives at most FOUND_CAP rows, as its index has them: to put a million in the list's order takes a second.
        """
        term = search_term.strip()
        if not term:
            return queryset, False
        if len(term) > SEARCH_MAX or "\x00" in term:
            return queryset.none(), False
        lookups, found = list(self.search_fields), set[Any]()
        if self.by_part:
            found.update(self._some(request, self.named(queryset, term)))
            if found:
                lookups.remove(self.by_part)
                if self.told_of_parts:
                    _tell(request, messages.INFO, f"{self.told_of_parts} {AS_A_PART}{term}")
            else:
                term = term.removeprefix(AS_A_PART) or term
        for lookup in lookups:
            try:
                rows = queryset.filter(**{lookup: term})
            except (ValueError, ValidationError):
                continue  # such as a name looked for among UUIDs
            found.update(self._some(request, rows))
        request.matching = len(found)  # type: ignore[attr-defined]
        return queryset.filter(pk__in=found), False

    def named(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        """Those whose name is the whole term, by an index. Among millions of names much alike, parts take long."""
        raise NotImplementedError

    def _some(self, request: HttpRequest, rows: QuerySet[Any]) -> list[Any]:
        """Keys, as an index has them, up to FOUND_CAP."""
        keys = list(rows.order_by().values_list("pk", flat=True)[: FOUND_CAP + 1])
        if len(keys) > FOUND_CAP:
            told = f"More than {FOUND_CAP} match: these are some of them. Search for more of what you look for."
            _tell(request, messages.WARNING, told)
        return keys[:FOUND_CAP]

    def get_paginator(self, request: HttpRequest, *given: Any, **how: Any) -> Any:
        paginator: Any = super().get_paginator(request, *given, **how)
        if (matching := getattr(request, "matching", None)) is not None:
            # Each was found by its key just now, and need not be looked up for a count.
            paginator.found = matching
        return paginator

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        return None if "\x00" in object_id else super().get_object(request, object_id, from_field)

    def response_action(
        self,
        request: HttpRequest,
        queryset: QuerySet[Any],
        action_location: ActionLocation = ActionLocation.CHANGE_LIST,
    ) -> HttpResponse | None:
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                self.opts.pk.clean(key, None)
        except ValidationError:
            self.message_user(
                request,
                "This selection is not one that the list gave. Nothing was changed.",
                messages.ERROR,
            )
            return None
        return super().response_action(request, queryset, action_location)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except IntegrityError:
            reason = "Somebody else saved the same at this moment. Nothing was changed: look, then try again."
        except Refused as refused:
            reason = str(refused)
        self.message_user(request, reason, messages.ERROR)
        return redirect(self.retry_url(request))

    def retry_url(self, request: HttpRequest) -> str:
        """Where a form goes whose saving was refused."""
        return request.get_full_path()


def _tell(request: HttpRequest, level: int, told: str) -> None:
    """Of a list that is looked at: an action looks for its rows too, and leads back to the list."""
    if request.method == "GET":
        messages.add_message(request, level, told)
