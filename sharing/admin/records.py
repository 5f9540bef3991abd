from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sharing.admin.bounded import BoundedAdmin
from sharing.models import User
from sharing.tenancy import Actor, operator


def acting(request: HttpRequest) -> Actor:
    """The signed-in operator; the site has let only staff in."""
    assert isinstance(request.user, User)  # noqa: S101  # for the type; OperatorSite.admin_view has checked
    return operator(request.user.email)


def list_of(model: str, **narrowed: object) -> str:
    """The address of a model's list, narrowed to rows with these exact values."""
    query = urlencode({f"{name}__exact": value for name, value in narrowed.items()})
    return f"{reverse(f'admin:sharing_{model}_changelist')}?{query}"


class RecordAdmin(BoundedAdmin):
    """Shown, never edited: what changes here changes through a verb, and its history is the events."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def events_of(self, record: Any) -> dict[str, object]:
        """The column values by which the record's events are found."""
        raise NotImplementedError

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        record = self.get_object(request, unquote(object_id))
        if record is None:
            raise Http404
        return redirect(list_of("event", **self.events_of(record)))
