import re
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from sharing.checklist import ITEMS
from sharing.cursors import CURSOR_MAX
from sharing.errors import BadInput
from sharing.models import Event, Image, Membership
from sharing.models.membership import NOTE_MAX
from sharing.models.tenant import TENANT_ID_MAX

MANY = 1000


class ManyField(forms.Field):
    """A key that a form or URL repeats: each value cleaned by `one`, at most MANY of them."""

    widget = forms.MultipleHiddenInput
    default_error_messages = {
        "required": "choose at least one.",
        "too_many": f"at most {MANY} at a time.",
    }

    def __init__(self, one: forms.Field, **kwargs: Any) -> None:
        self.one = one
        super().__init__(**kwargs)

    def clean(self, value: Any) -> list[Any]:
        self.validate(value)
        if len(value or ()) > MANY:
            raise forms.ValidationError(self.error_messages["too_many"])
        return [self.one.clean(item) for item in value or ()]


def offer_ids(**kwargs: Any) -> ManyField:
    return ManyField(forms.IntegerField(min_value=1, max_value=2**63 - 1), label="Offers", **kwargs)


class AnswerForm(forms.Form):
    """Which offers are answered, the status that they were shown with, and whether that was on the image's page."""

    offer = offer_ids()
    tab = forms.ChoiceField(choices=Membership.Status.choices)
    # What the page showed; a plain request may leave it out, and then answers whatever the status is.
    seen = forms.ChoiceField(choices=Membership.Status.choices, required=False)
    from_image = forms.BooleanField(required=False)


class InboxForm(forms.Form):
    status = forms.ChoiceField(choices=Membership.Status.choices, required=False)
    answered = offer_ids(required=False)
    page = forms.CharField(max_length=CURSOR_MAX, required=False)


class NoteField(forms.CharField):
    """Line breaks count and are kept as one character, as the browser counts them; a form sends two."""

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class OfferForm(forms.Form):
    """One or many tenant IDs, a note, and the checklist where it is not confirmed for the image's data yet."""

    tenant_ids = forms.CharField(
        label="Tenant IDs",
        max_length=70_000,
        strip=True,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
        help_text="One or many, separated by commas, spaces or lines. Each consumer tells you its own.",
    )
    note = NoteField(
        required=False,
        max_length=NOTE_MAX,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What the consumer should know. Every tenant of this offer sees it.",
    )

    def __init__(self, *args: Any, image: Image, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.image = image
        if not image.checklist_stands:
            self.fields["checksum"] = forms.CharField(required=False, widget=forms.HiddenInput)
            for name, text in ITEMS.items():
                self.fields[name] = forms.BooleanField(
                    label=text, error_messages={"required": "Confirm this before the first offer."}
                )

    def clean_tenant_ids(self) -> list[str]:
        ids = [part for part in re.split(r"[\s,;]+", self.cleaned_data["tenant_ids"]) if part]
        if not ids:
            raise forms.ValidationError("Give at least one tenant ID.")
        if len(ids) > MANY:
            raise forms.ValidationError(
                f"At most {MANY} tenant IDs at a time; these are {len(ids)}."
            )
        return ids

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("checksum", self.image.checksum) != self.image.checksum:
            raise forms.ValidationError(
                "The data changed since this page was shown. Look at the new checksum, then confirm it."
            )
        return cleaned

    @property
    def checklist(self) -> list[forms.BoundField]:
        return [self[name] for name in ITEMS if name in self.fields]


class WithdrawForm(forms.Form):
    """Which members are withdrawn: the chosen ones, or all."""

    member = ManyField(forms.CharField(max_length=TENANT_ID_MAX), label="Members", required=False)
    # A choice, not a checkbox: that takes “0” and “no” for yes.
    all = forms.ChoiceField(choices=[("1", "all")], required=False)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned["all"] and not cleaned["member"]:
            self.add_error("member", "choose at least one.")
        return cleaned

    @property
    def member_ids(self) -> list[str] | None:
        """The chosen members; None for all of them."""
        return None if self.cleaned_data["all"] else self.cleaned_data["member"]


class GoOnForm(forms.Form):
    """Where a verb that goes in pieces stands: how many ended so far, and the key below which it goes on."""

    done = forms.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    below = forms.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class SwitchForm(forms.Form):
    """Whether something is to be so, or no longer."""

    value = forms.TypedChoiceField(
        choices=[("1", "yes"), ("0", "no")], coerce=lambda value: value == "1"
    )


class ImagesForm(forms.Form):
    """Filter, search, order and page of the image list."""

    ORDERS = {
        "-created": ("-created_at", "-id"),
        "created": ("created_at", "id"),
        "name": ("words", "id"),
        "-name": ("-words", "-id"),
        "size": ("size", "id"),
        "-size": ("-size", "-id"),
    }
    q = forms.CharField(label="Search", max_length=255, required=False)
    show = forms.ChoiceField(
        choices=[("all", "All"), ("mine", "Mine"), ("shared", "Shared to me")], required=False
    )
    sort = forms.ChoiceField(choices=[(key, key) for key in ORDERS], required=False)
    page = forms.CharField(max_length=CURSOR_MAX, required=False)

    @property
    def image_id(self) -> UUID | None:
        """What is searched for, where that is a UUID."""
        with suppress(ValueError):
            return UUID(self.cleaned_data["q"])
        return None


class MembersForm(forms.Form):
    """Status, and how the tenant IDs begin."""

    q = forms.CharField(label="Tenant ID", max_length=TENANT_ID_MAX, required=False)
    status = forms.ChoiceField(choices=Membership.Status.choices, required=False)
    page = forms.CharField(max_length=CURSOR_MAX, required=False)


class ActivityForm(forms.Form):
    verb = forms.ChoiceField(
        label="What", choices=[("", "Everything"), *Event.Verb.choices], required=False
    )
    page = forms.CharField(max_length=CURSOR_MAX, required=False)


def cleaned[F: forms.Form](form: F) -> F:
    """The form, if what it holds is valid; else BadInput with a sentence that names each field."""
    if not form.is_valid():
        raise BadInput(
            " ".join(
                f"{form.fields[name].label or name.capitalize() if name in form.fields else 'Form'}: {error}"
                for name, errors in form.errors.items()
                for error in errors
            )
        )
    return form


def asked[F: forms.Form](form: type[F], parameters: QueryDict) -> F:
    """A list's form with what the page's address says, cleaned. It is only read: most addresses say nothing, and all
    of those have one form."""
    return cleaned(form(parameters)) if parameters else _unasked(form)  # type: ignore[return-value]  # of that kind


@cache
def _unasked(form: type[forms.Form]) -> forms.Form:
    return cleaned(form({}))
