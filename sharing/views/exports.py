"""Takes image data out; and what the owner says of that: who else may, and what the image was made from."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from sharing.export_forms import AcknowledgeForm, MadeFromForm
from sharing.forms import SwitchForm, cleaned
from sharing.imagedata import exports, records
from sharing.imagedata.handout import hand_out
from sharing.models import Image, Membership
from sharing.tenancy import Actor, Request, acting_for
from sharing.views.export_panel import export_context
from sharing.views.images import image_context, owned_image, visible_image
from sharing.views.outcome import told


@require_safe
def data(request: Request, tenant_id: str, image_id: UUID) -> HttpResponseBase:
    actor = acting_for(request, tenant_id)
    image = get_object_or_404(Image.objects.visible_to(tenant_id), pk=image_id)
    own = Membership.objects.of_member(tenant_id).filter(image=image)
    return hand_out(request, image, status=own.values_list("status", flat=True).first(), by=actor)


@require_POST
def redistributable(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    to_be = cleaned(SwitchForm(request.POST)).cleaned_data["value"]
    with told(request) as outcome:
        exports.set_redistributable(image, to_be, by=actor)
        who = "members that accepted it may take its data out" if to_be else "only you export it"
        messages.success(
            request, f"{'Redistributable' if to_be else 'Not redistributable'}: {who}."
        )
    return _panel(request, actor, image, outcome.status)


@require_POST
def acknowledge(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    form = AcknowledgeForm(request.POST)
    if not form.is_valid():
        return _panel(request, actor, image, 422, acknowledge_form=form)
    with told(request) as outcome:
        exports.acknowledge(image, by=actor)
        messages.success(request, "Recorded that you considered both.")
    return _panel(request, actor, image, outcome.status)


@require_POST
def made_from(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    form = MadeFromForm(request.POST)
    if not form.is_valid():
        return _panel(request, actor, image, 422, made_from_form=form)
    with told(request) as outcome:
        parent = records.register_parent(image, form.cleaned_data["parent"], by=actor)
        messages.success(request, f"Registered as made from “{parent}”.")
    return _panel(request, actor, image, outcome.status, made_from_form=form)


def _panel(
    request: Request, actor: Actor, image: Image, status: int, **typed: forms.Form
) -> HttpResponse:
    """What the owner's verbs answer: the fresh panel for htmx; else a redirect, or the page if refused."""
    if not request.htmx and status == 200:
        return redirect("image", actor.tenant_id, image.pk)
    fresh = visible_image(actor, image.pk)
    if request.htmx:
        trail = records.lineage(actor, fresh)
        context = {"image": fresh, "mine": True, **export_context(actor, fresh, trail)}
        return render(request, "sharing/parts/export.html", context | typed, status=status)
    context = image_context(request, actor, fresh)
    return render(request, "sharing/image.html", context | typed, status=status)
