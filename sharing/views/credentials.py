"""The person's application credentials, for all of its tenants, in the frame of the acting one."""

from typing import Any

from django.contrib import messages
from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from sharing import credentials as verbs
from sharing.api.endpoints import IDENTITY
from sharing.clouds_yaml import cloud_name, clouds_yaml
from sharing.credential_forms import ChosenForm, CredentialsForm, NewCredentialForm
from sharing.errors import BadInput, NotAllowed
from sharing.forms import cleaned
from sharing.models import ApplicationCredential, TenantUser
from sharing.paging import keyset_page
from sharing.tenancy import Request, acting_for


@require_safe
def credentials(request: Request, tenant_id: str) -> HttpResponse:
    acting_for(request, tenant_id)
    cursor = cleaned(CredentialsForm(request.GET)).cleaned_data["page"]
    form = NewCredentialForm(user=request.user, acting=tenant_id)
    form.offer_tenants()
    return _page(request, {"form": form}, cursor=cursor)


@require_POST
def create(request: Request, tenant_id: str) -> HttpResponse:
    """Shows the secret, in this answer alone: it is kept nowhere. Sent again, the form is refused by its name."""
    acting_for(request, tenant_id)
    form = NewCredentialForm(request.POST, user=request.user, acting=tenant_id)
    if form.is_valid() and form.holder:
        try:
            made = _create(request, form, form.holder)
        except NotAllowed as refused:
            form.add_error("role", str(refused))
        except BadInput as refused:
            form.add_error("name", str(refused))
        else:
            return _page(request, made, status=201)
    form.offer_tenants()
    return _page(request, {"form": form}, status=422)


def _create(request: Request, form: NewCredentialForm, holder: TenantUser) -> dict[str, Any]:
    name, role = form.cleaned_data["name"], form.cleaned_data["role"]
    made, secret = verbs.create(holder, name=name, role=role, expires_at=form.expires_at)
    entry = clouds_yaml(made, secret, auth_url=request.build_absolute_uri(IDENTITY))
    return {"made": made, "secret": secret, "cloud": cloud_name(made), "clouds_yaml": entry}


@require_safe
def confirm_revoke(request: Request, tenant_id: str) -> HttpResponse:
    acting_for(request, tenant_id)
    chosen = cleaned(ChosenForm(request.GET)).cleaned_data["credential"]
    mine = ApplicationCredential.objects.of_user(request.user).select_related("holder")
    credential = get_object_or_404(mine, pk=chosen)
    return render(request, "sharing/confirm_revoke.html", {"credential": credential})


@require_POST
def revoke(request: Request, tenant_id: str) -> HttpResponse:
    acting_for(request, tenant_id)
    chosen = cleaned(ChosenForm(request.POST)).cleaned_data["credential"]
    revoked = verbs.revoke(chosen, user=request.user)
    messages.success(request, f"Revoked “{revoked}”: whatever used it is signed out.")
    return redirect("credentials", tenant_id)


def _page(
    request: Request, context: dict[str, Any], *, cursor: str = "", status: int = 200
) -> HttpResponse:
    """The page with a page of the list; what changed of it, where htmx sent a form."""
    mine = ApplicationCredential.objects.of_user(request.user)
    page = keyset_page((mine,), ("-created_at", "-id"), cursor)
    rows = mine.select_related("holder").fetch_mode(models.FETCH_RAISE)
    shown = {"page": page, "credentials": page.in_order(rows.in_bulk(page.keys))}
    part = "#credentials" if request.htmx and request.method == "POST" else ""
    template = f"sharing/credentials.html{part}"
    return render(request, template, context | shown, status=status)
