"""Everything that changes a membership, and the two things that end or suspend an image's sharing.

Each verb names its actor (`by`), either happens whole or raises `Refused` and changes nothing, and writes its
history in the same transaction. The condition is in the statement: what a verb reports is what the database did.
"""

from collections.abc import Collection
from functools import partial

from django.conf import settings
from django.utils import timezone

from sharing.checklist import confirm_checklist
from sharing.errors import (
    BadInput,
    Gone,
    NotAllowed,
    NotShareable,
    NotVisible,
    Protected,
    QuotaExceeded,
    Stale,
)
from sharing.history import record, switch
from sharing.imagedata.store import forget_after_commit
from sharing.models import Event, Image, Membership
from sharing.models.event import Verb
from sharing.models.membership import NOTE_MAX, Touched
from sharing.models.tenant import is_tenant_id, is_well_formed
from sharing.results import Answered, OfferResult, Outcome
from sharing.tenancy import Actor, may_act, owner_acts
from sharing.transactions import whole

VERB_OF_STATUS = {
    Membership.Status.ACCEPTED: Verb.ACCEPTED,
    Membership.Status.REJECTED: Verb.REJECTED,
    Membership.Status.PENDING: Verb.POSTPONED,
}


@whole
def offer(
    image: Image,
    member_ids: Collection[str],
    *,
    note: str = "",
    checklist: bool | None = None,
    by: Actor,
) -> list[OfferResult]:
    """Offers the image to each tenant ID; repeating it changes nothing. One result per distinct ID, in order.

    `checklist`: True records that the actor confirmed it, False that it did not, None that this door cannot ask.
    An ID is judged by its form alone: whether such a tenant exists is never looked up.
    Refused: not the owner's manager or an operator (NotAllowed); private or on hold (NotShareable); the image is
    gone (Gone); no checklist yet (ChecklistRequired); more members than MEMBER_QUOTA (QuotaExceeded: none is offered).
    """
    owner_acts(image, by=by)
    _check_note(note)
    distinct = list(dict.fromkeys(member_ids))
    # Offers of one image queue here, so that the quota holds and the image cannot be deleted meanwhile.
    locked = _lock(image, no_key=True)
    _can_be_offered(locked)
    confirm_checklist(locked, checklist, seen=image.checksum, by=by)
    results = {member_id: _judge(member_id, locked) for member_id in distinct}
    wanted = [member_id for member_id, outcome in results.items() if outcome is Outcome.OFFERED]
    standing = {m.member_id: m for m in locked.memberships.filter(member_id__in=wanted)}
    fresh = [member_id for member_id in wanted if member_id not in standing]
    _within_quota(locked, len(fresh))
    one = partial(
        Membership, image=locked, note=note, offered_by=by.user, created_at=timezone.now()
    )
    inserted = Membership.objects.insert_new([one(member_id=member_id) for member_id in fresh])
    record(Verb.OFFERED, inserted, by=by, note=note)
    offered = {touched.member_id for touched in inserted}
    return [
        OfferResult(member_id, Outcome.ALREADY_MEMBER, standing.get(member_id))
        if outcome is Outcome.OFFERED and member_id not in offered
        else OfferResult(member_id, outcome)
        for member_id, outcome in results.items()
    ]


@whole
def answer(
    offer_ids: Collection[int], status: str, *, seen: str | None = None, by: Actor
) -> Answered:
    """The member's tenant (or an operator for it) sets the status of offers made to it: any status to any, repeatable.

    An offer that was withdrawn and made again is another offer: the old ID does not answer it. Where `seen` is
    given, only offers that still have that status are answered: a stale page overwrites nothing.
    Refused: an unknown status (BadInput); a reader, or the owner answering for a member (NotAllowed);
    none of them stands any more (Gone) or is as it was seen (Stale); none was ever made to this tenant (NotVisible).
    """
    if status not in Membership.Status.values:
        raise BadInput("Status: pending, accepted or rejected.")
    may_act(by=by)
    wanted = {offer_id for offer_id in offer_ids if 0 < offer_id < 2**63}
    rows = Membership.objects.filter(pk__in=wanted)
    mine = rows if by.is_operator else rows.of_member(by.tenant_id)
    changed = (mine.filter(status=seen) if seen else mine).answer(status, by=by.user)
    standing = dict(mine.values_list("pk", "status"))
    missing = wanted - standing.keys()
    if (
        missing
        and not by.is_operator
        and rows.of_owner(by.tenant_id).exclude(pk__in=standing.keys()).exists()
    ):
        raise NotAllowed("Only the tenant that an image is offered to answers the offer.")
    if not standing:
        if (
            by.is_operator
            or Event.objects.filter(offer_id__in=wanted, member_id=by.tenant_id).exists()
        ):
            raise Gone("This offer was withdrawn meanwhile. Nothing was changed.")
        raise NotVisible("No such offer.")
    stale = sum(now != status for now in standing.values()) if seen else 0
    if stale and not changed:
        raise Stale("This was answered meanwhile, from another page. Nothing was changed.")
    record(VERB_OF_STATUS[Membership.Status(status)], changed, by=by)
    return Answered(changed, len(standing) - len(changed) - stale, len(missing), stale)


@whole
def withdraw(image: Image, member_ids: Collection[str] | None, *, by: Actor) -> list[Touched]:
    """Deletes the memberships of these members, whatever their status; of all members where `member_ids` is None.

    Refused: not the owner's manager or an operator (NotAllowed); none of them is a member any more (Gone).
    """
    owner_acts(image, by=by)
    rows = Membership.objects.filter(image_id=image.pk)
    removed = (
        rows
        if member_ids is None
        else rows.filter(member_id__in=filter(is_well_formed, member_ids))
    ).remove()
    if not removed:
        raise Gone("There was nothing left to withdraw: somebody else did it meanwhile.")
    record(Verb.WITHDRAWN, removed, by=by)
    return removed


@whole
def prune(*, by: Actor, owner_id: str | None = None, image: Image | None = None) -> list[Touched]:
    """Deletes what is rejected at the moment of the one DELETE: of the image, else of all the owner's images.

    A tenant's manager prunes its own images; an operator any owner's, or with neither argument everybody's.
    Nothing to prune is no error. Refused: anybody else (NotAllowed).
    """
    may_act(by=by)
    if image is not None:
        owner_acts(image, by=by)
    if not by.is_operator:
        if owner_id not in (None, by.tenant_id):
            raise NotAllowed("Only the owner of images prunes them.")
        owner_id = by.tenant_id
    rows = Membership.objects.rejected()
    if image is not None:
        rows = rows.filter(image_id=image.pk)
    elif owner_id is not None:
        rows = rows.of_owner(owner_id)
    removed = rows.remove()
    record(Verb.PRUNED, removed, by=by)
    return removed


@whole
def delete_image(image: Image, *, by: Actor) -> int:
    """Deletes the image and ends its memberships; returns how many there were. Its data goes after the commit.

    Refused: not the owner's manager or an operator (NotAllowed); protected, or on hold for its owner (Protected);
    gone already (Gone).
    """
    owner_acts(image, by=by)
    locked = _lock(image)
    if locked.protected:
        raise Protected(
            "A protected image cannot be deleted. Its owner lifts the protection first."
        )
    if locked.on_hold and not by.is_operator:
        raise Protected(
            "An operator put this image on hold: it cannot be deleted until it is released."
        )
    ended = Membership.objects.filter(image_id=locked.pk).remove()
    record(Verb.DELETED, ended or [Touched(None, locked.pk, "")], by=by)
    forget_after_commit(locked)
    locked.delete()
    return len(ended)


def hold(image: Image, *, by: Actor) -> bool:
    """An operator puts the image on hold: shown, neither offered nor used; memberships stay. False: it was already."""
    return _set_hold(image, True, Verb.HELD, by)


def release(image: Image, *, by: Actor) -> bool:
    """An operator releases the image from hold. False: it was not on hold."""
    return _set_hold(image, False, Verb.RELEASED, by)


@whole
def _set_hold(image: Image, on_hold: bool, verb: Verb, by: Actor) -> bool:
    if not by.is_operator:
        raise NotAllowed("Only an operator puts an image on hold or releases it.")
    return switch(image, verb, by=by, on_hold=on_hold)


def _check_note(note: str) -> None:
    if len(note) > NOTE_MAX or not is_well_formed(note):
        raise BadInput(
            f"Note: at most {NOTE_MAX} characters of well-formed text, none of them NUL."
        )


def _lock(image: Image, *, no_key: bool = False) -> Image:
    locked = Image.objects.select_for_update(no_key=no_key).filter(pk=image.pk).first()
    if locked is None:
        raise Gone("This image was deleted meanwhile.")
    return locked


def _can_be_offered(image: Image) -> None:
    if image.visibility == Image.Visibility.PRIVATE:
        raise NotShareable(
            "This image is private: its owner has to make it shared before it can be offered."
        )
    if image.on_hold:
        raise NotShareable(
            "An operator put this image on hold: it cannot be offered until an operator releases it."
        )


def _judge(member_id: str, image: Image) -> Outcome:
    if not is_tenant_id(member_id):
        return Outcome.INVALID
    return Outcome.OWN_ID if member_id == image.owner_id else Outcome.OFFERED


def _within_quota(image: Image, more: int) -> None:
    quota = settings.MEMBER_QUOTA
    if quota <= 0 or not more:
        return
    members = image.memberships.all()[: quota + 1].count()
    if members + more > quota:
        raise QuotaExceeded(
            f"Tenant IDs: an image can have {quota} members; this one has {members} and you offered it to "
            f"{more} more. Nobody was offered it."
        )
