"""The pages of images, as their owner and their members see them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import models
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from sharing.checklist import ITEMS
from sharing.forms import ImagesForm, MembersForm, OfferForm, cleaned
from sharing.imagedata import quota
from sharing.imagedata.records import lineage
from sharing.models import Image, Membership
from sharing.paging import Page, keyset_page
from sharing.tenancy import Actor, Request, acting_for, owner_acts
from sharing.views.export_panel import export_context
from sharing.views.import_panel import import_context


@require_safe
def images(request: Request, tenant_id: str) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    form = cleaned(ImagesForm(request.GET))
    show, sort = form.cleaned_data["show"] or "all", form.cleaned_data["sort"] or "-created"
    page = _page(actor, form, show, sort)
    rows = Image.objects.with_counts(tenant_id).prefetch_related("tags")
    context = {
        "form": form, "show": show, "sort": sort, "page": page,
        "images": page.in_order(rows.fetch_mode(models.FETCH_RAISE).in_bulk(page.keys)),
        "rejected": Membership.objects.of_owner(actor.tenant_id).rejected().capped_count(),
        "usage": None if show == "shared" else quota.usage(request.tenant),
    }  # fmt: skip
    return render(request, "sharing/images.html", context)


@require_safe
def image(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    return render(
        request, "sharing/image.html", image_context(request, actor, visible_image(actor, image_id))
    )


def _page(actor: Actor, form: ImagesForm, show: str, sort: str) -> Page:
    images, text, cursor = Image.objects, form.cleaned_data["q"], form.cleaned_data["page"]
    searched = bool(text) and form.image_id is None
    of_tenant: Callable[[str], tuple[Any, Any]] = (
        images.searched_for if searched else images.listed_for
    )
    mine, shared = of_tenant(actor.tenant_id)
    arms = {"all": [mine, shared], "mine": [mine], "shared": [shared]}[show]
    if form.image_id:
        arms = [arm.filter(pk=form.image_id) for arm in arms]
    search = (lambda arm: arm.matching(text)) if searched else None
    return keyset_page(arms, form.ORDERS[sort], cursor, search=search)


def visible_image(actor: Actor, image_id: UUID) -> Image:
    rows = (
        Image.objects.visible_to(actor.tenant_id).select_related("owner").prefetch_related("tags")
    )
    return get_object_or_404(rows.fetch_mode(models.FETCH_RAISE), pk=image_id)


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
        "mine": image.owner_id == actor.tenant_id,
        "lineage": lineage(actor, image),
        "checklist": ITEMS.values(),
        "region": settings.REGION,
    }
    if context["mine"]:
        return (
            context
            | members_context(request, image)
            | import_context(request, image)
            | export_context(actor, image, context["lineage"])
            | {"offer_form": form or OfferForm(image=image)}
        )
    own = get_object_or_404(Membership.objects.of_member(actor.tenant_id), image=image)
    export = export_context(actor, image, context["lineage"], own.status)
    return context | export | {"membership": own}


def members_context(request: Request, image: Image) -> dict[str, Any]:
    """A page of the members list. After a verb it is the first page of all."""
    form = cleaned(MembersForm(request.GET if request.method in ("GET", "HEAD") else {}))
    members = image.memberships.all()
    if status := form.cleaned_data["status"]:
        members = members.filter(status=status)
    order: tuple[str, ...] = ("-id",)
    if begins := form.cleaned_data["q"]:
        members, order = members.filter(member_id__startswith=begins), ("member_id", "id")
    page = keyset_page((members,), order, form.cleaned_data["page"])
    return {
        "counts": get_object_or_404(Image.objects.with_counts(image.owner_id), pk=image.pk),
        "statuses": Membership.Status.choices,
        "members_status": status,
        "begins": begins,
        "page": page,
        "members": page.in_order(
            Membership.objects.all().fetch_mode(models.FETCH_RAISE).in_bulk(page.keys)
        ),
    }
