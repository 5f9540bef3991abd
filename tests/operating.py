"""What an operator does in the admin, and what it is told."""

from collections.abc import Iterable

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from sharing.models import User
from tests.conftest import signed_in


def operator_with(*permissions: str) -> Client:
    """An operator who is no superuser, signed in."""
    user = User.objects.create_user("support@cloud.example", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return signed_in(user)


def list_url(model: type[Model]) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")


def page_of(row: Model) -> str:
    return reverse(f"admin:{row._meta.label_lower.replace('.', '_')}_change", args=(row.pk,))


def run(
    client: Client, model: type[Model], action: str, keys: Iterable[object], **extra: object
) -> HttpResponse:
    """Runs an action on the ticked rows of a list."""
    body = {"action": action, "index": 0, ACTION_CHECKBOX_NAME: [str(key) for key in keys], **extra}
    return client.post(list_url(model), body, follow=True)


def run_on_page(client: Client, row: Model, action: str) -> HttpResponse:
    """Runs an action on the page of one row."""
    body = {"CHANGE_FORM-action": action, "index": 0, ACTION_CHECKBOX_NAME: str(row.pk)}
    return client.post(page_of(row), body, follow=True)


def filled_in(client: Client, row: Model, **changes: object) -> dict[str, object]:
    """The form of a row's page as it stands, with changes; None leaves a field out."""
    page = client.get(page_of(row)).context
    body = {name: page["adminform"].form[name].value() for name in page["adminform"].form.fields}
    for formset in (inline.formset for inline in page["inline_admin_formsets"]):
        body |= {bound.html_name: bound.value() for bound in formset.management_form}
        for form in formset.forms:
            body |= {bound.html_name: bound.value() for bound in form}
    return {name: v for name, v in (body | changes).items() if v is not None and v is not False}


def told(answer: HttpResponse) -> list[str]:
    return [str(message) for message in answer.context["messages"]]
