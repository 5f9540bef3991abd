from typing import Any

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sharing.admin.bounded import BoundedAdmin
from sharing.admin.records import list_of
from sharing.imagedata import quota
from sharing.models import Tenant, TenantUser
from sharing.printable import size

ROWS_SHOWN = 100


class FirstRows(BaseInlineFormSet):  # type: ignore[type-arg]  # cannot be subscripted at run time
    """As many rows as one form can carry; the others are reached from the other side, the user or the tenant."""

    def get_queryset(self) -> QuerySet[TenantUser]:
        if not hasattr(self, "_shown"):
            self._shown = super().get_queryset()[:ROWS_SHOWN]
        return self._shown


class StandingInline(admin.TabularInline):  # type: ignore[type-arg]
    """Who acts for which tenant, in which role. The two are fixed, so a row costs no query of its own."""

    model = TenantUser
    template = "admin/edit_inline/standing.html"
    formset = FirstRows
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class UsersInline(StandingInline):
    fields = ("user", "role")
    readonly_fields = ("user",)
    verbose_name_plural = f"users (the first {ROWS_SHOWN})"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TenantUser]:
        return super().get_queryset(request).select_related("user")


class TenantsInline(StandingInline):
    fields = ("tenant", "role")
    readonly_fields = ("tenant",)
    verbose_name_plural = f"tenants (the first {ROWS_SHOWN})"

    def get_queryset(self, request: HttpRequest) -> QuerySet[TenantUser]:
        return super().get_queryset(request).select_related("tenant")


class NewInline(admin.StackedInline):  # type: ignore[type-arg]
    model = TenantUser
    extra = 1
    can_delete = False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    has_change_permission = has_view_permission


class NewUserInline(NewInline):
    fields = (("user", "role"),)
    raw_id_fields = ("user",)
    verbose_name = "user"
    verbose_name_plural = "add users"


class NewTenantInline(NewInline):
    fields = (("tenant", "role"),)
    raw_id_fields = ("tenant",)
    verbose_name = "tenant"
    verbose_name_plural = "add tenants"


class TenantAdmin(BoundedAdmin):
    """Tenants are not deleted: another one under the same ID would inherit its memberships."""

    inlines = (UsersInline, NewUserInline)
    list_display = ("id", "name", "contact", "created_at")
    search_fields = ("id__startswith", "name__icontains", "tenant_users__user__email")
    search_help_text = (
        "The beginning of a tenant ID, a part of the name, or a user's e-mail address in full."
    )
    sortable_by = ("id",)

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        own = ("id", "name", "contact", "support_note", "byte_quota", "image_quota")
        return own if obj is None else (*own, "used", "images", "created_at")

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> Any:
        return () if obj is None else ("id", "used", "images", "created_at")

    def get_inlines(self, request: HttpRequest, obj: Tenant | None) -> Any:
        return self.inlines if obj else (NewUserInline,)

    @admin.display(description="used")
    def used(self, tenant: Tenant) -> str:
        """Readable, since the quota is typed in bytes; images are counted where there is a limit alone."""
        used = quota.usage(tenant)
        parts = [f"{size(used.bytes_used)} of {size(used.byte_quota) or 'any number of bytes'}"]
        if used.image_quota is not None:
            parts.append(f"{used.images:,} of {used.image_quota:,} images")
        return ", ".join(parts)

    @admin.display(description="images")
    def images(self, tenant: Tenant) -> SafeString:
        return format_html(
            '<a href="{}">Images that it owns</a>', list_of("image", owner=tenant.pk)
        )
