from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sharing.admin.bounded import BoundedAdmin
from sharing.admin.confirm import ask
from sharing.admin.images import LIST_AND_FORM
from sharing.admin.records import acting
from sharing.credentials import revoke_any
from sharing.models import ApplicationCredential
from sharing.models.credential import ApplicationCredentialQuerySet


class CredentialAdmin(BoundedAdmin):
    """Shown, never made or edited: only the user ever sees a secret. What an operator revokes is kept in the log."""

    actions = ("revoke",)
    list_display = (
        "name",
        "user",
        "tenant",
        "role",
        "created_at",
        "expires_at",
        "last_used_at",
        "id",
    )
    list_select_related = ("holder__user",)
    # An index serves this order; newest first over all would sort the whole table.
    ordering = ("holder_id", "-created_at", "-id")
    search_fields = ("id", "holder__user__email", "holder__tenant_id")
    search_help_text = "A credential's ID, a user's e-mail address or a tenant ID, in full."
    fields = (
        "name",
        "id",
        "user_link",
        "tenant_link",
        "role",
        "created_at",
        "expires_at",
        "last_used_at",
    )

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("sharing.delete_applicationcredential")

    @admin.action(description="Revoke", permissions=["revoke"], location=LIST_AND_FORM)
    def revoke(
        self, request: HttpRequest, credentials: ApplicationCredentialQuerySet
    ) -> HttpResponse | None:
        chosen = list(credentials.select_related("holder__user"))
        if not chosen:
            self.message_user(request, "There was nothing left to revoke.", messages.WARNING)
        elif "confirmed" not in request.POST:
            return ask(self, request, "revoke", chosen, title="Revoke")
        else:
            with transaction.atomic():
                self.log_deletions(request, credentials)
                revoked = revoke_any(credentials, by=acting(request))
            told = f"Revoked: {revoked} credential{pluralize(revoked)}."
            self.message_user(request, told, messages.SUCCESS)
        return None

    @admin.display(description="user")
    def user(self, credential: ApplicationCredential) -> str:
        return credential.holder.user.email

    @admin.display(description="tenant")
    def tenant(self, credential: ApplicationCredential) -> str:
        return credential.holder.tenant_id

    @admin.display(description="user")
    def user_link(self, credential: ApplicationCredential) -> SafeString:
        url = reverse("admin:sharing_user_change", args=(credential.holder.user_id,))
        return format_html('<a href="{}">{}</a>', url, credential.holder.user)

    @admin.display(description="tenant")
    def tenant_link(self, credential: ApplicationCredential) -> SafeString:
        url = reverse("admin:sharing_tenant_change", args=(credential.holder.tenant_id,))
        return format_html('<a href="{}">{}</a>', url, credential.holder.tenant_id)
