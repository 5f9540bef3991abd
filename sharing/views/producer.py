"""The owner's verbs: offer, withdraw, prune, delete; and the pages that ask before what cannot be undone."""

from collections.abc import Collection
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.views.decorators.http import require_POST, require_safe

from sharing import handshake
from sharing.forms import OfferForm, SwitchForm, WithdrawForm, cleaned
from sharing.imagedata.records import set_protected
from sharing.models import Image, Membership
from sharing.results import OfferResult, Outcome
from sharing.tenancy import Actor, Request, acting_for, may_act
from sharing.views.images import members_panel, owned_image
from sharing.views.outcome import told
from sharing.views.pieces import Part, going_on, leave_for, tenants


@require_POST
def offer(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    form = OfferForm(request.POST, image=image)
    if not form.is_valid():
        return members_panel(request, actor, image, status=422, typed=request.POST)
    ids, note = form.cleaned_data["tenant_ids"], form.cleaned_data["note"]
    with told(request) as outcome:
        results = handshake.offer(image, ids, note=note, checklist=bool(form.checklist), by=actor)
        for result in results:
            messages.info(request, _line(result), extra_tags=f"offer {result.outcome.name.lower()}")
    typed = None if outcome.status == 200 else request.POST
    return members_panel(request, actor, image, status=outcome.status, typed=typed)


def _line(result: OfferResult) -> str:
    match result.outcome:
        case Outcome.ALREADY_MEMBER if result.standing:
            since = date_format(result.standing.since, "j F Y")
            return f"{result.member_id}: already offered, {result.standing.status} on {since}"
        case Outcome.INVALID:
            return f"“{result.member_id[:80]}”: not a valid tenant ID"
        case outcome:
            return f"{result.member_id}: {outcome}"


@require_safe
def confirm_withdraw(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    _, image = owned_image(request, tenant_id, image_id)
    form = cleaned(WithdrawForm(request.GET))
    count, accepted = _standing(image, form.member_ids)
    return render(request, "sharing/confirm.html", {
        "verb": "withdraw", "image": image, "post_to": reverse("withdraw", args=[tenant_id, image_id]),
        "members": form.member_ids, "count": count, "accepted": accepted,
    })  # fmt: skip


def _standing(image: Image, member_ids: Collection[str] | None) -> tuple[int, int]:
    """How many memberships of the image there are, of these members or of all, and how many of them are accepted."""
    if member_ids is None:
        return image.memberships.capped_count(), image.memberships.accepted().capped_count()
    # Whole rows: where another index has all that is asked for, the planner may go through all of a member or status.
    statuses = [one.status for one in image.memberships.filter(member_id__in=member_ids)]
    return len(statuses), statuses.count(Membership.Status.ACCEPTED)


@require_POST
def withdraw(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    ids, part = cleaned(WithdrawForm(request.POST)).member_ids, Part(request)
    with told(request) as outcome:
        part.do(handshake.withdrawing(image, ids, below=part.below, by=actor))
        rows = image.memberships if ids is None else image.memberships.filter(member_id__in=ids)
        if left := part.left(rows.all()):
            return going_on(request, part, left, "withdraw", image, members=ids)
        messages.success(request, f"Withdrew the image from {tenants(part.done)}.")
    return _back(request, actor, image, part, outcome.status)


@require_safe
def confirm_prune(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    _, image = owned_image(request, tenant_id, image_id)
    return render(request, "sharing/confirm.html", {
        "verb": "prune", "image": image, "post_to": reverse("prune", args=[tenant_id, image_id]),
        "count": image.memberships.rejected().capped_count(),
    })  # fmt: skip


@require_POST
def prune(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    part = Part(request)
    part.do(handshake.pruning(image=image, below=part.below, by=actor))
    if left := part.left(image.memberships.rejected()):
        return going_on(request, part, left, "prune", image)
    messages.success(request, f"Pruned {tenants(part.done)} that had rejected.")
    return _back(request, actor, image, part)


@require_safe
def confirm_prune_all(request: Request, tenant_id: str) -> HttpResponse:
    actor = acting_for(request, tenant_id)
    may_act(by=actor)
    return render(request, "sharing/confirm.html", {
        "verb": "prune", "post_to": reverse("prune-all", args=[tenant_id]),
        "count": Membership.objects.of_owner(tenant_id).rejected().capped_count(),
    })  # fmt: skip


@require_POST
def prune_all(request: Request, tenant_id: str) -> HttpResponse:
    actor, part = acting_for(request, tenant_id), Part(request)
    part.do(handshake.pruning(below=part.below, by=actor))
    if left := part.left(Membership.objects.of_owner(tenant_id).rejected()):
        return going_on(request, part, left, "prune")
    messages.success(
        request, f"Pruned {tenants(part.done)} that had rejected, over all your images."
    )
    return leave_for(request, reverse("images", args=[tenant_id]))


@require_POST
def protect(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    """Protects the image from deletion, or lifts that."""
    actor, image = owned_image(request, tenant_id, image_id)
    protected = cleaned(SwitchForm(request.POST)).cleaned_data["value"]
    with told(request) as outcome:
        set_protected(image, protected, by=actor)
        messages.success(
            request,
            "Protected: it cannot be deleted until you lift the protection."
            if protected
            else "The protection is lifted: the image can be deleted.",
        )
    if outcome.status == 200:
        return redirect("image", tenant_id, image_id)
    return members_panel(request, actor, image, status=outcome.status)


@require_safe
def confirm_delete(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    _, image = owned_image(request, tenant_id, image_id)
    counted = get_object_or_404(Image.objects.with_counts(tenant_id), pk=image.pk)
    return render(request, "sharing/confirm.html", {
        "verb": "delete", "image": image, "post_to": reverse("delete", args=[tenant_id, image_id]),
        "counts": counted.counts,
    })  # fmt: skip


@require_POST
def delete(request: Request, tenant_id: str, image_id: UUID) -> HttpResponse:
    actor, image = owned_image(request, tenant_id, image_id)
    part = Part(request)
    with told(request) as outcome:
        part.do(handshake.deleting(image, below=part.below, by=actor))
        if not part.is_last:
            left = image.memberships.all().capped_count()
            return going_on(request, part, left, "delete", image)
    if outcome.status != 200:
        if part.done:
            messages.warning(request, f"By then it was withdrawn from {tenants(part.done)}.")
        return _back(request, actor, image, part, outcome.status)
    messages.success(request, f"Deleted “{image}” and ended its sharing to {tenants(part.done)}.")
    return leave_for(request, reverse("images", args=[tenant_id]))


def _back(
    request: Request, actor: Actor, image: Image, part: Part, status: int = 200
) -> HttpResponse:
    """The members list; to htmx on a page that shows how far a verb is, the way to the image's page."""
    if request.htmx and not part.is_first:
        return leave_for(request, reverse("image", args=[actor.tenant_id, image.pk]))
    return members_panel(request, actor, image, status=status)
