"""The pages of images, as their owner and their members see them."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from sharing import reads
from sharing.forms import ImagesForm, MembersForm, OfferForm, asked
from sharing.imagedata import quota
from sharing.imagedata.records import lineage
from sharing.models import Image, Membership
from sharing.paging import Page, keyset_page
from sharing.replica import read_list
from sharing.tenancy import Actor, Request, acting_for, owner_acts
from sharing.views.export_panel import export_context
from sharing.views.import_panel import import_context


@require_safe
def images(request: Request, tenant_id: str) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    form = asked(ImagesForm, request.GET)

    def shown() -> HttpResponse:
        return render(request, "sharing/images.html", _images_context(request, actor, form))

    return read_list(shown, by=actor)


def _images_context(request: Request, actor: Actor, form: ImagesForm) -> dict[str, Any]:
    show, sort = form.cleaned_data["show"] or "all", form.cleaned_data["sort"] or "-created"
    page, tenant_id = _page(actor, form, show, sort), actor.tenant_id
    return {
        "form": form, "show": show, "sort": sort, "page": page,
        "images": page.in_order(reads.image_rows(tenant_id, page.keys)), "tags": reads.tags_of(page.keys),
        "rejected": reads.rejections.first(tenant_id),
        "usage": None if show == "shared" else quota.usage(request.tenant),
    }  # fmt: skip


@require_safe
def image(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    return render(
        request, "sharing/image.html", image_context(request, actor, visible_image(actor, image_id))
    )


def _page(actor: Actor, form: ImagesForm, show: str, sort: str) -> Page:
    order, cursor, text = form.ORDERS[sort], form.cleaned_data["page"], form.cleaned_data["q"]
    if not text:
        return reads.images_of.page(actor.tenant_id, order=order, cursor=cursor, show=show)
    if form.image_id:
        listed = reads.images_of.arms(actor.tenant_id, show=show)
        if any(arm.filter(pk=form.image_id).exists() for arm in listed):
            return Page([form.image_id])
    text = text.casefold()
    return reads.images_matching.page(actor.tenant_id, text, order=order, cursor=cursor, show=show)


def visible_image(actor: Actor, image_id: UUID) -> Image:
    image = reads.visible_image.first(actor.tenant_id, image_id)
    if image is None:
        raise Http404("No such image.")
    return image


def owned_image(request: Request, tenant_id: str, image_id: UUID) -> tuple[Actor, Image]:
    """Who acts, and the image that it owns: 404 for a stranger, NotAllowed for a member and a reader."""
    actor = acting_for(request, tenant_id)
    image = visible_image(actor, image_id)
    owner_acts(image, by=actor)
    return actor, image


def members_panel(
    request: Request,
    actor: Actor,
    image: Image,
    *,
    status: int = 200,
    typed: QueryDict | None = None,
) -> HttpResponse:
    """What an owner's verb answers: the fresh members list for htmx; else a redirect, or the page if refused."""
    if not request.htmx and status == 200:
        return redirect("image", actor.tenant_id, image.pk)
    template = "sharing/image.html#members" if request.htmx else "sharing/image.html"
    fresh = visible_image(actor, image.pk)
    form = OfferForm(typed, image=fresh) if typed is not None else None
    return render(request, template, image_context(request, actor, fresh, form), status=status)


def image_context(
    request: Request, actor: Actor, image: Image, form: OfferForm | None = None
) -> dict[str, Any]:
    context: dict[str, Any] = {
        "image": image,
        "tags": reads.tags_of([image.pk])[image.pk],
        "mine": image.owner_id == actor.tenant_id,
        "lineage": lineage(actor, image),
        "region": settings.REGION,
    }
    if context["mine"]:
        return (
            context
            | _members_context(request, actor, image)
            | import_context(request, image)
            | export_context(actor, image, context["lineage"])
            | {"offer_form": form or OfferForm(image=image)}
        )
    own = get_object_or_404(Membership.objects.of_member(actor.tenant_id), image=image)
    export = export_context(actor, image, context["lineage"], own.status)
    return context | export | {"membership": own}


def _members_context(request: Request, actor: Actor, image: Image) -> dict[str, Any]:
    """A page of the members list. After a verb it is the first page of all."""
    if request.method not in ("GET", "HEAD"):
        return _members(image, asked(MembersForm, QueryDict()))
    form = asked(MembersForm, request.GET)
    return read_list(lambda: _members(image, form), by=actor)


def _members(image: Image, form: MembersForm) -> dict[str, Any]:
    status, begins = form.cleaned_data["status"], form.cleaned_data["q"]
    cursor = form.cleaned_data["page"]
    if begins:
        found = image.memberships.beginning(begins)
        found = found.filter(status=status) if status else found
        page = keyset_page((found,), ("member_id", "id"), cursor)
    else:
        page = reads.members_of.page(image.pk, order=("-id",), cursor=cursor, status=status)
    counted = reads.image_rows(image.owner_id, [image.pk]).get(image.pk)
    if counted is None:
        raise Http404("No such image.")
    return {
        "counts": counted.counts,
        "statuses": Membership.Status.choices,
        "members_status": status,
        "begins": begins,
        "page": page,
        "members": page.in_order(reads.member_rows(image.pk, page.keys)),
    }
