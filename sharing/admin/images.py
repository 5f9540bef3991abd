from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from sharing import handshake
from sharing.admin.records import RecordAdmin, acting, list_of
from sharing.imagedata import licences
from sharing.imagedata.exports import ruling
from sharing.imagedata.handout import hand_out
from sharing.models import Event, Image, Membership
from sharing.models.image_conditions import called
from sharing.printable import size
from sharing.templatetags.proffer import capped
from sharing.tenancy import operator

LIST_AND_FORM = [ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM]
EVENTS_SHOWN = 10
EXPORT = ("Export by an operator", {"fields": ("export",)})


class ImageAdmin(RecordAdmin):
    actions = ("put_on_hold", "release_from_hold", "mark_as_restricted", "lift_the_mark")
    list_display = ("image", "id", "owned_by", "status", "readable_size", "hold", "created_at")
    list_filter = ("on_hold",)
    linked_by = ("owner",)
    # An index serves this order; newest first over all owners would sort the whole table.
    ordering = ("owner_id", "-created_at", "-id")
    search_fields = ("id", "owner_id", "name__icontains")
    by_part = "name__icontains"
    told_of_parts = (
        "There are images of just this name, so none was looked for whose name only contains it. To find these, too,"
        " search for"
    )
    search_help_text = "A UUID or an owner's tenant ID in full, or the name or a part of it."
    fieldsets = (
        (None, {"fields": ("id", "name", "owner_link", "status", "visibility", "hold", "protected", "os_hidden")}),
        (
            "Sharing",
            {"fields": ("members", "confirmed", "redistributable", "licence", "acknowledged", "latest_events")},
        ),
        (
            "Data",
            {
                "fields": (
                    "source", "operating_system", "disk_format", "container_format", "readable_size", "virtual_size",
                    "data", "checksum", "os_hash_algo", "os_hash_value", "min_disk", "min_ram", "base_image_ref",
                    "tag_names", "properties", "created_at", "updated_at",
                )
            },
        ),
    )  # fmt: skip

    def get_fieldsets(self, request: HttpRequest, obj: Image | None = None) -> Any:
        shown = super().get_fieldsets(request, obj)
        return (*shown, EXPORT) if self.has_act_permission(request) else shown

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_safe(self.data_view))
        return [path("<uuid:image_id>/data/", view, name="sharing_image_data"), *super().get_urls()]

    def named(self, rows: Any, term: str) -> QuerySet[Any]:
        return rows.filter(called(rows, term))  # type: ignore[no-any-return]

    def has_act_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sharing.change_image")

    @admin.action(description="Put on hold", permissions=["act"], location=LIST_AND_FORM)
    def put_on_hold(self, request: HttpRequest, images: QuerySet[Image]) -> None:
        self._each(request, images, handshake.hold, "Put on hold", "On hold already")

    @admin.action(description="Release from hold", permissions=["act"], location=LIST_AND_FORM)
    def release_from_hold(self, request: HttpRequest, images: QuerySet[Image]) -> None:
        self._each(request, images, handshake.release, "Released from hold", "Not on hold")

    @admin.action(
        description="Mark as restricted by a licence", permissions=["act"], location=LIST_AND_FORM
    )
    def mark_as_restricted(self, request: HttpRequest, images: QuerySet[Image]) -> None:
        self._each(request, images, licences.mark, "Marked as restricted", "Marked already")

    @admin.action(description="Lift the licence mark", permissions=["act"], location=LIST_AND_FORM)
    def lift_the_mark(self, request: HttpRequest, images: QuerySet[Image]) -> None:
        self._each(request, images, licences.lift_mark, "Licence mark lifted", "Not marked")

    def data_view(self, request: HttpRequest, image_id: UUID) -> HttpResponseBase:
        """The data of an image that nobody but an operator may export."""
        if not (self.has_view_permission(request) and self.has_act_permission(request)):
            raise PermissionDenied
        return hand_out(request, get_object_or_404(Image, pk=image_id), by=acting(request))

    def _each(
        self,
        request: HttpRequest,
        images: QuerySet[Image],
        verb: Callable[..., bool],
        done: str,
        already: str,
    ) -> None:
        outcomes = [verb(image, by=acting(request)) for image in images]
        changed, unchanged = outcomes.count(True), outcomes.count(False)
        if changed:
            self.message_user(
                request, f"{done}: {changed} image{pluralize(changed)}.", messages.SUCCESS
            )
        if unchanged:
            self.message_user(
                request, f"{already}: {unchanged} image{pluralize(unchanged)}.", messages.WARNING
            )

    def events_of(self, image: Image) -> dict[str, object]:
        return {"image_id": image.pk}

    @admin.display(description="image")
    def image(self, image: Image) -> str:
        return str(image)

    @admin.display(description="owner")
    def owned_by(self, image: Image) -> str:
        return image.owner_id

    @admin.display(description="owner")
    def owner_link(self, image: Image) -> SafeString:
        url = reverse("admin:sharing_tenant_change", args=(image.owner_id,))
        return format_html('<a href="{}">{}</a> {}', url, image.owner_id, image.owner.name)

    @admin.display(description="size")
    def readable_size(self, image: Image) -> str:
        return size(image.size)

    @admin.display(description="hold", empty_value="Not on hold")
    def hold(self, image: Image) -> str:
        return "On hold" if image.on_hold else ""

    @admin.display(description="memberships")
    def members(self, image: Image) -> SafeString:
        counts = []
        for status in Membership.Status:
            count = image.memberships.filter(status=status).capped_count()
            counts.append(f"{capped(count)} {status}")
        url = list_of("membership", image=image.pk)
        return format_html('<a href="{}">{}</a>', url, ", ".join(counts))

    @admin.display(description="checklist")
    def confirmed(self, image: Image) -> str:
        if image.checklist_confirmed_at is None:
            return "Not confirmed yet"
        told = f"Confirmed by {image.checklist_confirmed_by} on {image.checklist_confirmed_at:%Y-%m-%d %H:%M}"
        return told if image.checklist_stands else f"{told}, for data that has changed since"

    @admin.display(description="licence")
    def licence(self, image: Image) -> str:
        if not image.restriction_is_inherited:
            return image.restriction or "No licence restricts it"
        url = reverse("admin:sharing_image_change", args=(image.restriction_origin,))
        return format_html(
            '{}, inherited from <a href="{}">{}</a>',
            image.restriction,
            url,
            image.restriction_origin,
        )

    @admin.display(description="considerations")
    def acknowledged(self, image: Image) -> str:
        if image.export_acknowledged_at is None:
            return "Not acknowledged"
        return f"Acknowledged by {image.export_acknowledged_by} on {image.export_acknowledged_at:%Y-%m-%d %H:%M}"

    @admin.display(description="export")
    def export(self, image: Image) -> str:
        ruled = ruling(image, by=operator(""))
        if not ruled.allowed:
            return f"{ruled.reason} {ruled.remedy}"
        url = reverse("admin:sharing_image_data", args=(image.pk,))
        return format_html('<a class="button" href="{}">Download {}</a>', url, size(image.size))

    @admin.display(description="latest events")
    def latest_events(self, image: Image) -> SafeString:
        events = Event.objects.filter(image_id=image.pk).order_by("-id")[:EVENTS_SHOWN]
        rows = (
            (f"{e.at:%Y-%m-%d %H:%M}", e.get_verb_display(), e.member_id, e.actor) for e in events
        )
        return format_html_join("", "<div>{} {} {} by {}</div>", rows) or SafeString("None yet")

    @admin.display(description="tags")
    def tag_names(self, image: Image) -> str:
        return ", ".join(tag.name for tag in image.tags.all())
