from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import batched
from uuid import UUID

from django.utils import timezone

from sharing.errors import BadInput, Gone, NotAllowed, NotVisible, Stale
from sharing.history import record
from sharing.models import Event, Image, Membership
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.models.prepared import Prepared
from sharing.models.statements import Change
from sharing.results import Answered
from sharing.tenancy import Actor, may_act
from sharing.transactions import whole

VERB_OF_STATUS = {
    Membership.Status.ACCEPTED: Verb.ACCEPTED,
    Membership.Status.REJECTED: Verb.REJECTED,
    Membership.Status.PENDING: Verb.POSTPONED,
}


# Half of what an ending takes at a time: a new status goes into every index.
OFFERS_A_PIECE = 500
TELLING = (Stale, Gone, NotVisible)


def answer(
    offer_ids: Collection[int], status: str, *, seen: str | None = None, by: Actor
) -> Answered:
    """The member's tenant (or an operator for it) sets the status of offers made to it: any status to any, repeatable.

    An offer that was withdrawn and made again is another offer: the old ID does not answer it. Where `seen` is
    given, only offers that still have that status are answered: a stale page overwrites nothing.
    More than OFFERS_A_PIECE are answered in pieces, each a transaction of its own.
    Refused: an unknown status (BadInput); a reader, or the owner answering for a member (NotAllowed);
    none of them stands any more (Gone) or is as it was seen (Stale); none was ever made to this tenant (NotVisible).
    """
    _check_status(status)
    may_act(by=by)
    wanted = sorted({offer_id for offer_id in offer_ids if 0 < offer_id < 2**63})
    if len(wanted) > OFFERS_A_PIECE:
        _answers_for_itself(wanted, by=by)
    parts = [*batched(wanted, OFFERS_A_PIECE)] or [()]
    done = [_answer_piece(part, status, seen=seen, by=by) for part in parts]
    refusals = [refusal for _, refusal in done if refusal]
    if len(refusals) == len(done):
        raise min(refusals, key=lambda refusal: TELLING.index(type(refusal)))
    answered = [one for one, _ in done]
    return Answered(
        [row for one in answered for row in one.changed],
        sum(one.unchanged for one in answered),
        sum(one.gone for one in answered),
        sum(one.stale for one in answered),
    )


@whole
def _answer_piece(
    wanted: Sequence[int], status: str, *, seen: str | None, by: Actor
) -> tuple[Answered, Stale | Gone | NotVisible | None]:
    """What it did, and why not where it answered none."""
    rows = Membership.objects.filter(pk__in=wanted)
    mine = rows if by.is_operator else rows.of_member(by.tenant_id)
    changed = (mine.filter(status=seen) if seen else mine).answer(status, by=by.user)
    if wanted and len(changed) == len(wanted):
        standing: dict[int, str] = dict.fromkeys(wanted, status)
    else:
        standing = dict(mine.values_list("pk", "status"))
        if len(standing) < len(wanted):
            _answers_for_itself(wanted, by=by)
    stale = sum(now != status for now in standing.values()) if seen else 0
    record(VERB_OF_STATUS[Membership.Status(status)], changed, by=by)
    unchanged, gone = len(standing) - len(changed) - stale, len(wanted) - len(standing)
    return Answered(changed, unchanged, gone, stale), _refusal(wanted, standing, changed, stale, by)


def _answers_for_itself(wanted: Sequence[int], *, by: Actor) -> None:
    of_owner = Membership.objects.filter(pk__in=wanted).of_owner(by.tenant_id)
    if not by.is_operator and of_owner.exists():
        raise NotAllowed("Only the tenant that an image is offered to answers the offer.")


def _refusal(
    wanted: Sequence[int],
    standing: Collection[int],
    changed: Collection[Touched],
    stale: int,
    by: Actor,
) -> Stale | Gone | NotVisible | None:
    if stale and not changed:
        return Stale("This was answered meanwhile, from another page. Nothing was changed.")
    if standing:
        return None
    ever = Event.objects.filter(offer_id__in=wanted, member_id=by.tenant_id)
    if by.is_operator or ever.exists():
        return Gone("This offer was withdrawn meanwhile. Nothing was changed.")
    return NotVisible("No such offer.")


@whole
def answer_one(image: Image, status: str, *, by: Actor) -> Membership:
    """The member's tenant sets the status of its own membership of the image; returns the membership as it stands.

    Refused: an unknown status (BadInput); a reader (NotAllowed); no such membership (Gone).
    """
    _check_status(status)
    may_act(by=by)
    changed = _answered.first(image.pk, by.tenant_id, status, by.user, timezone.now())
    if changed is None:
        standing = Membership.objects.of_member(by.tenant_id).filter(image_id=image.pk).first()
        if standing is None:
            raise Gone("This offer was withdrawn meanwhile. Nothing was changed.")
        return standing
    touched = Touched(changed.pk, changed.image_id, changed.member_id)
    record(VERB_OF_STATUS[Membership.Status(status)], [touched], by=by, of=image)
    return changed


@Prepared
def _answered(
    image_id: UUID, tenant_id: str, status: str, user: str, now: datetime
) -> Change[Membership]:
    own = Membership.objects.of_member(tenant_id).filter(image_id=image_id)
    return own.exclude(status=status).answering(status, by=user, at=now)


def _check_status(status: str) -> None:
    if status not in Membership.Status.values:
        raise BadInput("Status: pending, accepted or rejected.")
