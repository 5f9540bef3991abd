"""Pages that make an image and import its data. What a script sends in parts goes through `uploads.py`."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseLocation

from sharing.errors import BadData, BadInput, QuotaExceeded
from sharing.forms import cleaned
from sharing.image_forms import BaseForm, DataForm, NewImageForm
from sharing.imagedata import imports, quota
from sharing.imagedata.records import create_image
from sharing.models import Image, Upload
from sharing.tenancy import Actor, Request, acting_for, may_act
from sharing.views.images import image_context, owned_image, visible_image
from sharing.views.outcome import told


@require_http_methods(["GET", "HEAD", "POST"])
def new_image(request: Request, tenant_id: str) -> HttpResponse:
    """Makes a record. Its data comes with the form; a script keeps that back and sends it afterwards, in parts."""
    actor = acting_for(request, tenant_id)
    may_act(by=actor)
    if request.method != "POST":
        base = cleaned(BaseForm(request.GET)).cleaned_data["base"]
        return _form(request, NewImageForm(tenant_id=tenant_id, initial={"base_image_ref": base}))
    form = NewImageForm(request.POST, request.FILES, tenant_id=tenant_id)
    if form.is_valid():
        try:
            image = create_image(form.facts, owner=request.tenant, by=actor)
        except BadInput as refused:
            form.add_error("base_image_ref", str(refused))
        except QuotaExceeded as refused:
            form.add_error(None, str(refused))
        else:
            return _made(request, actor, image, form.cleaned_data["file"])
    return _form(request, form, status=422)


def _form(request: Request, form: NewImageForm, status: int = 200) -> HttpResponse:
    form.offer_parents()
    context = {"form": form, "usage": quota.usage(request.tenant)}
    template = f"sharing/new_image.html{'#image-facts' if request.htmx and status != 200 else ''}"
    return render(request, template, context, status=status)


def _made(
    request: Request, actor: Actor, image: Image, file: UploadedFile[Any] | None
) -> HttpResponse:
    place = reverse("image", args=[actor.tenant_id, image.pk])
    if request.htmx:
        swap: Any = "innerHTML show:window:top"
        return HttpResponseLocation(place, target="#main", select="#main > *", swap=swap)
    if file is None:
        messages.success(request, f"Made “{image}”. It waits for its data: import it now or later.")
    else:
        _take_in(request, actor, image, file)
    return redirect(place)


@require_POST
def import_data(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    """Imports the file of a form: all of it in this one request."""
    actor, image = owned_image(request, tenant_id, image_id)
    file = cleaned(DataForm(request.POST, request.FILES)).cleaned_data["file"]
    status = _take_in(request, actor, image, file)
    if status == 200:
        return redirect("image", tenant_id, image_id)
    fresh = image_context(request, actor, visible_image(actor, image_id))
    return render(request, "sharing/image.html", fresh, status=status)


@require_POST
def cancel_import(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    upload = Upload.objects.select_related("image").filter(image=image).first()
    if upload:
        imports.cancel(upload, by=actor)
    said = "The import is cancelled. What had arrived is gone; the image stays."
    messages.success(request, said)
    return redirect("image", tenant_id, image_id)


def _take_in(request: Request, actor: Actor, image: Image, file: UploadedFile[Any]) -> int:
    """The status of the outcome. What is wrong with the data the page of the image shows by itself, from history."""
    with told(request) as outcome:
        try:
            # A form brings the whole file, and not its time: what arrived before may be of another file.
            forms = Upload.objects.select_related("image").filter(image=image, modified=None)
            for left in forms.filter(settling=False):
                imports.cancel(left, by=actor)
            upload = imports.begin(image, file.size or 0, filename=file.name or "", by=actor)
            imports.receive(upload, file.read, 0, by=actor)
        except BadData as refused:
            outcome.status = refused.html_status
        else:
            verified = Image.objects.filter(pk=image.pk).stored().exists()
            what = "imported, verified and stored" if verified else "all of it arrived"
            messages.success(request, f"{file.name}: {what}.")
    return outcome.status
