from django.contrib import admin

from sharing.admin.records import RecordAdmin
from sharing.models import Event


class EventAdmin(RecordAdmin):
    actions = None
    list_display = (
        "at", "verb", "image_name", "owner_id", "member_id", "actor", "acted_for", "image_id",
    )  # fmt: skip
    list_filter = ("verb",)
    linked_by = ("image_id", "member_id")
    ordering = ("-id",)
    search_fields = ("image_id", "owner_id", "member_id")
    search_help_text = "An image's UUID or a tenant ID, the owner's or the member's, in full."
    fields = (*list_display, "note")

    @admin.display(description="acted for")
    def acted_for(self, event: Event) -> str:
        return event.actor_tenant_id or "operator"

    def events_of(self, event: Event) -> dict[str, object]:
        return {"image_id": event.image_id}
