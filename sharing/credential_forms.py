"""The forms of application credentials: make one, choose one."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.db.models import Case, When
from django.utils import timezone
from django.utils.formats import date_format

from sharing.cursors import CURSOR_MAX
from sharing.models import TenantUser, User
from sharing.models.credential import NAME_MAX
from sharing.models.tenant import TENANT_ID_MAX

TENANTS_SHOWN = 100
NEVER = "never"
LIFETIMES = {"30": "In 30 days", "90": "In 90 days", "365": "In a year"}


class CredentialsForm(forms.Form):
    page = forms.CharField(max_length=CURSOR_MAX, required=False)


class ChosenForm(forms.Form):
    credential = forms.UUIDField()


class NewCredentialForm(forms.Form):
    """What a new credential is for. Once it is valid, `holder` is the user's role that it hangs on."""

    name = forms.CharField(
        max_length=NAME_MAX,
        widget=forms.TextInput({"autocomplete": "off"}),
        help_text="What signs in with it, such as a script and its machine.",
    )
    tenant = forms.CharField(
        max_length=TENANT_ID_MAX, widget=forms.Select, help_text="One credential is for one tenant."
    )
    role = forms.ChoiceField(
        choices=TenantUser.Role.choices,
        initial=TenantUser.Role.READER,
        widget=forms.RadioSelect,
        help_text="Never more than your own role there.",
    )
    expires = forms.ChoiceField(initial="90", help_text="Make a new one in time, then revoke this.")

    def __init__(self, *args: Any, user: User, acting: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.acting = user, acting
        self.holder: TenantUser | None = None
        self.now = timezone.now()
        self.fields["tenant"].initial = acting
        choices = [(days, self._told(days)) for days in LIFETIMES]
        self.fields["expires"].choices = [*choices, (NEVER, "Never, until it is revoked")]  # type: ignore[attr-defined]

    def offer_tenants(self) -> None:
        """Fills the choice of tenants: the acting one, others of the user, the chosen one; and of roles there."""
        acting_first = Case(When(tenant=self.acting, then=0), default=1)
        mine = TenantUser.objects.filter(user=self.user).select_related("tenant")
        shown = list(mine.order_by(acting_first, "tenant_id")[:TENANTS_SHOWN])
        if self.holder and self.holder not in shown:
            shown.append(self.holder)
        self.fields["tenant"].widget.choices = [
            (one.tenant_id, f"{one.tenant_id} · {one.tenant.name} · {one.role}") for one in shown
        ]
        self.fields["role"].widget.choices = [
            choice
            for choice in TenantUser.Role.choices
            if any(one.includes(choice[0]) for one in shown)
        ]

    def clean_tenant(self) -> str:
        chosen = str(self.cleaned_data["tenant"])
        mine = TenantUser.objects.filter(user=self.user).select_related("tenant")
        self.holder = mine.filter(tenant=chosen).first()
        if self.holder is None:
            raise forms.ValidationError("Choose one of your tenants.")
        return chosen

    @property
    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["expires"]
        return None if days == NEVER else self._after(days)

    def _after(self, days: str) -> datetime:
        return self.now + timedelta(days=int(days))

    def _told(self, days: str) -> str:
        return f"{LIFETIMES[days]}, on {date_format(self._after(days), 'j F Y')}"
