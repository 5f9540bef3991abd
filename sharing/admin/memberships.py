from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import Model, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sharing import handshake
from sharing.admin.bounded import CappedPaginator
from sharing.admin.confirm import ask
from sharing.admin.images import LIST_AND_FORM
from sharing.admin.records import RecordAdmin, acting
from sharing.errors import Refused
from sharing.models import Image, Membership
from sharing.results import Outcome

OFFER_FIELDS = ("image", "member_id", "note")


class NewestFirst(CappedPaginator):
    """No index has the rows of a status together, and in one the first may lie far inside."""

    counts_in_order = True


class NotOffered(Refused):
    """The one tenant ID of an operator's offer was not offered to."""


class MembershipAdmin(RecordAdmin):
    """Adding is offering. The status is the member's answer; operators give it on the member's behalf, by an action."""

    actions = ("accept", "reject", "postpone", "withdraw")
    paginator = NewestFirst
    list_display = ("image_name", "owner", "member_id", "status", "status_since", "image_uuid")
    list_filter = ("status",)
    list_select_related = ("image",)
    linked_by = ("image",)
    ordering = ("-id",)
    raw_id_fields = ("image",)
    search_fields = ("image_id", "member_id", "owner_id")
    search_help_text = "An image's UUID or a tenant ID, the owner's or the member's, in full."
    fields = (
        "image_link", "image_uuid", "owner", "member_id", "status", "status_since", "note",
        "offered_by", "created_at", "answered_by", "answered_at",
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm("sharing.add_membership")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sharing.change_membership")

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sharing.delete_membership")

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> Any:
        return OFFER_FIELDS if obj is None else self.fields

    def events_of(self, membership: Membership) -> dict[str, object]:
        return {"image_id": membership.image_id, "member_id": membership.member_id}

    def save_model(
        self, request: HttpRequest, obj: Membership, form: ModelForm[Membership], change: bool
    ) -> None:
        """Offers, as the operator. Raises NotOffered where it stands already or the image is the tenant's own."""
        [result] = handshake.offer(obj.image, [obj.member_id], note=obj.note, by=acting(request))
        if result.outcome is not Outcome.OFFERED:
            raise NotOffered(f"Not offered: {obj.member_id} is {REASONS[result.outcome]}.")
        obj.pk = Membership.objects.get(image=obj.image_id, member_id=obj.member_id).pk

    def retry_url(self, request: HttpRequest) -> str:
        filled_in = {name: request.POST.get(name, "") for name in OFFER_FIELDS}
        return f"{request.path}?{urlencode(filled_in)}"

    @admin.action(
        description="Accept on behalf of the member", permissions=["answer"], location=LIST_AND_FORM
    )
    def accept(self, request: HttpRequest, memberships: QuerySet[Membership]) -> None:
        self._answer(request, Membership.Status.ACCEPTED)

    @admin.action(
        description="Reject on behalf of the member", permissions=["answer"], location=LIST_AND_FORM
    )
    def reject(self, request: HttpRequest, memberships: QuerySet[Membership]) -> None:
        self._answer(request, Membership.Status.REJECTED)

    @admin.action(description="Put back to pending", permissions=["answer"], location=LIST_AND_FORM)
    def postpone(self, request: HttpRequest, memberships: QuerySet[Membership]) -> None:
        self._answer(request, Membership.Status.PENDING)

    def _answer(self, request: HttpRequest, status: Membership.Status) -> None:
        # The ticked rows as they were posted: a row that left the filtered list meanwhile is answered all the same.
        ticked = [int(key) for key in request.POST.getlist(ACTION_CHECKBOX_NAME)]
        try:
            answered = handshake.answer(ticked, status, by=acting(request))
        except Refused as refused:
            self.message_user(request, str(refused), messages.ERROR)
            return
        if changed := len(answered.changed):
            self.message_user(request, f"{status.label}: {counted(changed)}.", messages.SUCCESS)
        if answered.unchanged:
            self.message_user(
                request, f"{status.label} already: {counted(answered.unchanged)}.", messages.WARNING
            )
        if answered.gone:
            self.message_user(
                request, f"Withdrawn meanwhile: {counted(answered.gone)}.", messages.WARNING
            )

    @admin.action(description="Withdraw", permissions=["withdraw"], location=LIST_AND_FORM)
    def withdraw(
        self, request: HttpRequest, memberships: QuerySet[Membership]
    ) -> HttpResponse | None:
        chosen = list(memberships.select_related("image"))
        if not chosen:
            self.message_user(request, "There was nothing left to withdraw.", messages.WARNING)
        elif "confirmed" in request.POST:
            self._withdraw(request, chosen)
        else:
            accepted = sum(each.status == Membership.Status.ACCEPTED for each in chosen)
            return ask(self, request, "withdraw", chosen, title="Withdraw", accepted=accepted)
        return None

    def _withdraw(self, request: HttpRequest, chosen: list[Membership]) -> None:
        members: defaultdict[Image, list[str]] = defaultdict(list)
        for membership in chosen:
            members[membership.image].append(membership.member_id)
        withdrawn = 0
        for image, member_ids in members.items():
            try:
                withdrawn += len(handshake.withdraw(image, member_ids, by=acting(request)))
            except Refused as refused:
                self.message_user(request, f"{image}: {refused}", messages.ERROR)
        if withdrawn:
            self.message_user(request, f"Withdrawn: {counted(withdrawn)}.", messages.SUCCESS)

    @admin.display(description="image")
    def image_name(self, membership: Membership) -> str:
        return str(membership.image)

    @admin.display(description="image")
    def image_link(self, membership: Membership) -> SafeString:
        url = reverse("admin:sharing_image_change", args=(membership.image_id,))
        return format_html('<a href="{}">{}</a>', url, membership.image)

    @admin.display(description="UUID")
    def image_uuid(self, membership: Membership) -> str:
        return str(membership.image_id)

    @admin.display(description="owner")
    def owner(self, membership: Membership) -> str:
        return membership.image.owner_id

    @admin.display(description="since")
    def status_since(self, membership: Membership) -> Any:
        return membership.since


REASONS = {
    Outcome.ALREADY_MEMBER: "a member of this image already",
    Outcome.OWN_ID: "the owner of this image",
    Outcome.INVALID: "not a valid tenant ID",
}


def counted(number: int) -> str:
    return f"{number} membership{pluralize(number)}"
