from collections.abc import Collection, Sequence
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from sharing.checklist import confirm_checklist
from sharing.errors import AlreadyMember, BadInput, NotShareable, QuotaExceeded
from sharing.handshake.locking import lock
from sharing.history import record
from sharing.models import Image, Membership
from sharing.models.event import Verb
from sharing.models.membership import NOTE_MAX, Touched
from sharing.models.prepared import Prepared
from sharing.models.tenant import is_tenant_id, is_well_formed
from sharing.results import OfferResult, Outcome
from sharing.tenancy import Actor, owner_acts
from sharing.transactions import whole


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
    locked = _open(image, note=note, checklist=checklist, by=by)
    results = {member_id: _judge(member_id, locked) for member_id in dict.fromkeys(member_ids)}
    wanted = [member_id for member_id, outcome in results.items() if outcome is Outcome.OFFERED]
    offered = {row.member_id for row in _insert(_like(locked, note, by), wanted, by=by)}
    skipped = [member_id for member_id in wanted if member_id not in offered]
    standing = locked.memberships.filter(member_id__in=skipped) if skipped else ()
    already = {membership.member_id: membership for membership in standing}
    return [
        OfferResult(member_id, Outcome.ALREADY_MEMBER, already.get(member_id))
        if outcome is Outcome.OFFERED and member_id not in offered
        else OfferResult(member_id, outcome)
        for member_id, outcome in results.items()
    ]


@whole
def offer_one(
    image: Image, member_id: str, *, note: str = "", checklist: bool | None = None, by: Actor
) -> Membership:
    """Offers the image to one tenant ID; returns the membership. What `offer` reports of an ID is refused here.

    Refused: as `offer`; an ID that is ill-formed or the owner's own (BadInput); a standing pair (AlreadyMember).
    """
    locked = _open(image, note=note, checklist=checklist, by=by)
    match _judge(member_id, locked):
        case Outcome.INVALID:
            raise BadInput(f"member: a tenant ID of this cloud ({settings.TENANT_ID_PATTERN}).")
        case Outcome.OWN_ID:
            raise BadInput("member: your own tenant ID. An image is offered to other tenants.")
    membership = _like(locked, note, by)
    inserted = _insert(membership, [member_id], by=by)
    if not inserted:
        raise AlreadyMember(f"This image is already offered to tenant {member_id}.")
    membership.pk = inserted[0].id
    return membership


def _open(image: Image, *, note: str, checklist: bool | None, by: Actor) -> Image:
    """The image, locked, if the actor may offer it with this note and checklist."""
    owner_acts(image, by=by)
    _check_note(note)
    # Offers of one image queue here, so that the quota holds and the image cannot be deleted meanwhile.
    locked = lock(image, no_key=True)
    _can_be_offered(locked)
    confirm_checklist(locked, checklist, seen=image.checksum, by=by)
    return locked


def _like(image: Image, note: str, by: Actor) -> Membership:
    """The offer, but for whom it is made to."""
    return Membership(image=image, note=note, offered_by=by.user, created_at=timezone.now())


def _insert(like: Membership, member_ids: Sequence[str], *, by: Actor) -> list[Touched]:
    """Makes the memberships that do not stand yet, within the quota, and records them."""
    inserted = Membership.objects.insert_new(like, member_ids)
    _within_quota(like.image, len(inserted))
    record(Verb.OFFERED, inserted, by=by, note=like.note, of=like.image)
    return inserted


def _check_note(note: str) -> None:
    if len(note) > NOTE_MAX or not is_well_formed(note):
        raise BadInput(
            f"Note: at most {NOTE_MAX} characters of well-formed text, none of them NUL."
        )


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


def _within_quota(image: Image, added: int) -> None:
    """QuotaExceeded where the image has more members than it may, `added` of them just now, in this transaction."""
    quota = settings.MEMBER_QUOTA
    if quota <= 0 or not added:
        return
    [(members,)] = _members(quota + added + 1, image.pk)
    if members > quota:
        raise QuotaExceeded(
            f"Tenant IDs: an image can have {quota} members; this one has {members - added} and you offered it to "
            f"{added} more. Nobody was offered it."
        )


@Prepared
def _members(most: int, image_id: UUID) -> QuerySet[Image, tuple[int]]:
    return Image.objects.filter(pk=image_id).count_members(most)
