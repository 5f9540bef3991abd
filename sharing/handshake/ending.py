from collections.abc import Collection

from sharing.errors import Gone, NotAllowed, Protected
from sharing.handshake.locking import lock
from sharing.history import record
from sharing.imagedata.store import forget_after_commit
from sharing.models import Image, Membership
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.models.tenant import is_well_formed
from sharing.tenancy import Actor, may_act, owner_acts
from sharing.transactions import whole


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
    locked = lock(image)
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
