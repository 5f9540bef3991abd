from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin, messages
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import ManyToManyField, Model, QuerySet
from django.forms.models import ModelMultipleChoiceField
from django.http import HttpRequest, HttpResponse

from portal.accounts import has_second_factor, remove_second_factor
from sharing.admin.bounded import BoundedAdmin
from sharing.admin.confirm import ask
from sharing.admin.images import LIST_AND_FORM
from sharing.admin.tenants import NewTenantInline, TenantsInline
from sharing.models import User

RIGHTS = ("is_staff", "is_superuser", "groups")
# What a screen here asks for; Django makes four permissions for every model, most of them without effect.
PERMISSIONS = (
    "view_applicationcredential", "delete_applicationcredential",
    "view_event", "view_image", "change_image",
    "view_membership", "add_membership", "change_membership", "delete_membership",
    "view_tenant", "add_tenant", "change_tenant",
    "view_tenantuser", "add_tenantuser", "change_tenantuser", "delete_tenantuser",
    "view_user", "add_user", "change_user",
)  # fmt: skip

MEANING = (
    "To change an image is to put it on hold and release it. To add, change and delete a membership is to offer, "
    "to answer on the member's behalf, and to withdraw. To delete an application credential is to revoke it."
)


class LowerCaseEmail(forms.ModelForm):  # type: ignore[type-arg]  # cannot be subscripted at run time
    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class AddUserForm(LowerCaseEmail, AdminUserCreationForm):  # type: ignore[type-arg]
    usable_password = AdminUserCreationForm.create_usable_password_field(
        "Disabled: the user sets a password by asking for a new one on the sign-in page."
    )

    class Meta:
        model = User
        fields = ("email",)


class ChangeUserForm(LowerCaseEmail, UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = "__all__"  # noqa: DJ007  # UserAdmin.fieldsets chooses


class UserAdmin(BoundedAdmin, auth_admin.UserAdmin):  # type: ignore[type-arg]
    """Users are not deleted but made inactive: the operators' log of changes would go with them.

    Rights are a superuser's to give, and operators a superuser's to change: who sets a password can sign in with it.
    """

    add_form = AddUserForm
    form = ChangeUserForm
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": ("email", "usable_password", "password1", "password2"),
            },
        ),
    )
    actions = ("remove_second_factor",)
    fieldsets = (
        (None, {"fields": ("email", "password", "second_factor", "first_name", "last_name")}),
        ("Rights", {"fields": ("is_active", *RIGHTS)}),
        ("Dates", {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("second_factor", "last_login", "date_joined")
    filter_horizontal = ()
    formfield_overrides = {ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    list_display = ("email", "first_name", "last_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    inlines = (TenantsInline, NewTenantInline)
    ordering = ("email",)
    search_fields = ("email__icontains",)
    by_part = "email__icontains"
    sortable_by = ("email",)

    def named(self, rows: QuerySet[Any], term: str) -> QuerySet[Any]:
        return rows.filter(email=term.lower())

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_operator = obj is not None and (obj.is_staff or obj.is_superuser)
        if is_operator and not request.user.is_superuser:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        return (
            self.readonly_fields if request.user.is_superuser else (*self.readonly_fields, *RIGHTS)
        )

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else ()

    def save_model(
        self, request: HttpRequest, obj: User, form: forms.ModelForm[User], change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if change and "email" in form.changed_data:
            # Or the old address would go on signing in and receiving password resets.
            EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()

    @admin.display(description="second factor")
    def second_factor(self, user: User) -> str:
        return "Set up" if has_second_factor(user) else "None"

    @admin.action(
        description="Remove the second factor", permissions=["change"], location=LIST_AND_FORM
    )
    def remove_second_factor(
        self, request: HttpRequest, users: QuerySet[User]
    ) -> HttpResponse | None:
        chosen = self._removable(request, users)
        if not chosen:
            return None
        if "confirmed" not in request.POST:
            title = "Remove the second factor"
            return ask(self, request, "remove_second_factor", chosen, title=title, stays=True)
        for user in chosen:
            with transaction.atomic():
                if remove_second_factor(user):
                    self.log_change(request, user, "Removed the second factor.")
            self.message_user(request, f"Second factor removed: {user}.", messages.SUCCESS)
        return None

    def _removable(self, request: HttpRequest, users: QuerySet[User]) -> list[User]:
        """Those whose second factor this operator may remove; of the others it is told why not."""
        removable = []
        for user in users:
            if not self.has_change_permission(request, user):
                reason = "Only a superuser changes operators"
            elif user == request.user:
                reason = "Your own is removed in the user menu, where your password is asked"
            elif not has_second_factor(user):
                reason = "There is no second factor"
            else:
                removable.append(user)
                continue
            self.message_user(request, f"{reason}: {user}.", messages.WARNING)
        return removable


class GroupAdmin(BoundedAdmin, auth_admin.GroupAdmin):
    """What operators who are no superusers may see and do. For superusers alone: it would lift the rest."""

    filter_horizontal = ()
    formfield_overrides = {ManyToManyField: {"widget": forms.CheckboxSelectMultiple}}
    ordering = ("name",)
    search_fields = ("name__icontains",)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    has_add_permission = has_change_permission = has_view_permission

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.is_superuser)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> ModelMultipleChoiceField[Permission] | None:
        kwargs["queryset"] = Permission.objects.filter(
            content_type__app_label="sharing", codename__in=PERMISSIONS
        )
        kwargs["help_text"] = MEANING
        return super().formfield_for_manytomany(db_field, request, **kwargs)
