"""The consumer's side: the inbox and its answers. Leaving an image is rejecting it after acceptance."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from sharing import handshake, reads
from sharing.forms import AnswerForm, InboxForm, asked, cleaned
from sharing.imagedata.exports import prospects
from sharing.models import Membership
from sharing.paging import Page
from sharing.replica import read_list
from sharing.tenancy import BADGE_CAP, Actor, Request, acting_for, may_act
from sharing.views.outcome import told

UNDO = {"pending": "postpone", "accepted": "accept", "rejected": "reject"}


@require_safe
def inbox(request: Request, tenant_id: str) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    form = asked(InboxForm, request.GET)
    tab = form.cleaned_data["status"] or Membership.Status.PENDING
    page, answered = form.cleaned_data["page"], form.cleaned_data["answered"]

    def shown() -> HttpResponse:
        return render(request, "sharing/inbox.html", _inbox_context(actor, tab, page, answered))

    return read_list(shown, by=actor)


@require_POST
def answer(request: Request, tenant_id: str, status: str) -> HttpResponse:
    """Accept, reject or postpone: one offer or many. Each answered card folds into a line that can undo it."""
    actor = acting_for(request, tenant_id)
    may_act(by=actor)
    form = cleaned(AnswerForm(request.POST))
    ids, tab = form.cleaned_data["offer"], form.cleaned_data["tab"]
    with told(request) as outcome:
        done = handshake.answer(ids, status, seen=form.cleaned_data["seen"] or None, by=actor)
        if done.stale:
            messages.warning(
                request, f"Answered meanwhile, from another page: {done.stale} of these offers."
            )
        if done.gone:
            messages.warning(
                request,
                f"Withdrawn meanwhile: {done.gone} of these offers. The others are answered.",
            )
    if request.htmx:
        return render(
            request,
            "sharing/inbox.html#answered",
            _answered_context(actor, tab, ids),
            status=outcome.status,
        )
    if outcome.status != 200:
        context = _inbox_context(actor, tab)
        return render(request, "sharing/inbox.html", context, status=outcome.status)
    return redirect(_after(actor, ids, tab, from_image=form.cleaned_data["from_image"]))


def _after(actor: Actor, ids: list[int], tab: str, *, from_image: bool) -> str:
    """Where a plain form leads: to the image where it is still seen, else to the tab with the answer and its undo."""
    mine = (
        Membership.objects.of_member(actor.tenant_id).in_force().not_rejected().filter(pk__in=ids)
    )
    image_id = mine.values_list("image_id", flat=True).first()
    if from_image and image_id:
        return reverse("image", args=[actor.tenant_id, image_id])
    query = urlencode({"status": tab, "answered": ids}, doseq=True)
    return f"{reverse('inbox', args=[actor.tenant_id])}?{query}"


@require_safe
def confirm_leave(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    may_act(by=actor)
    own = Membership.objects.of_member(tenant_id).in_force().accepted().select_related("image")
    membership = get_object_or_404(own, image_id=image_id)
    return render(request, "sharing/confirm.html", {
        "verb": "leave", "image": membership.image, "membership": membership,
        "post_to": reverse("reject", args=[tenant_id]),
    })  # fmt: skip


def _inbox_context(
    actor: Actor, status: str, page: str = "", answered: Sequence[int] = ()
) -> dict[str, Any]:
    found, offers = reads.offers_page(actor.tenant_id, status=status, cursor=page)
    others = reads.offer_lines(actor.tenant_id, answered).values()
    return {
        "tab": status, "tabs": Membership.Status.choices, "page": found, "offers": offers,
        "folded": [offer for offer in others if offer.status != status], "undo_verb": UNDO[status],
    } | _about(actor, offers) | _badge(status, found)  # fmt: skip


def _badge(tab: str, page: Page) -> dict[str, int]:
    """How many offers wait, where this is their first page: it has looked at as many as the badge counts."""
    if tab != Membership.Status.PENDING or page.before:
        return {}
    # The last page read backwards may be a short one, with others behind it.
    if page.after and len(page.keys) < BADGE_CAP:
        return {}
    return {"waiting": len(page.keys) + bool(page.after)}


def _answered_context(actor: Actor, tab: str, ids: list[int]) -> dict[str, Any]:
    """The cards of `ids` as they stand now: back on their tab whole, else folded; those that are gone by their ID."""
    lines = reads.offer_lines(actor.tenant_id, ids)
    back = [line.pk for line in lines.values() if line.status == tab]
    offers = list(reads.offer_rows(actor.tenant_id, back).values())
    return {
        "tab": tab, "offers": offers, "folded": [one for one in lines.values() if one.status != tab],
        "gone": [offer_id for offer_id in ids if offer_id not in lines],
        "undo_verb": UNDO[tab], "oob": True,
    } | _about(actor, offers)  # fmt: skip


def _about(actor: Actor, offers: list[Membership]) -> dict[str, Any]:
    """What cards show besides; of what their images were made from, as far as the tenant can see it."""
    # Of an image that was rejected a card shows neither.
    shown = [offer for offer in offers if offer.status != Membership.Status.REJECTED]
    refs = {offer.image.base_image_ref for offer in shown if offer.image.base_image_ref}
    undecided = [offer.image for offer in offers if offer.status == Membership.Status.PENDING]
    return {
        "prospects": prospects(undecided),
        "tags": reads.tags_of([offer.image_id for offer in shown]),
        "parents": reads.visible_images(actor.tenant_id, refs),
    }
