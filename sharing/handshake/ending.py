"""Withdraw, prune, delete an image. Each has a form that ends all, and one that ends piece by piece as it is iterated.

Stopped between two pieces, the latter leaves nothing half done: what ended is recorded, the rest stands as before. It
is told where to go on by `below` of the last piece, and then passes over what was offered since.
"""

from collections.abc import Collection, Iterator
from functools import partial

from sharing.errors import Gone, NotAllowed, Protected
from sharing.handshake.locking import lock
from sharing.handshake.pieces import Piece, end_newest, walk
from sharing.history import record
from sharing.imagedata.store import forget_after_commit
from sharing.models import Image, Membership
from sharing.models.event import Verb
from sharing.models.membership import MembershipQuerySet, Touched
from sharing.models.tenant import is_well_formed
from sharing.tenancy import Actor, may_act, owner_acts
from sharing.transactions import whole


def withdraw(image: Image, member_ids: Collection[str] | None, *, by: Actor) -> list[Touched]:
    """Deletes the memberships of these members, whatever their status; of all members where `member_ids` is None.

    Refused: not the owner's manager or an operator (NotAllowed); none of them is a member any more (Gone).
    """
    return [row for piece in withdrawing(image, member_ids, by=by) for row in piece.ended]


def withdrawing(
    image: Image, member_ids: Collection[str] | None, *, below: int | None = None, by: Actor
) -> Iterator[Piece]:
    """As `withdraw`, piece by piece."""
    owner_acts(image, by=by)
    rows = Membership.objects.filter(image_id=image.pk)
    if member_ids is not None:
        rows = rows.filter(member_id__in=[*filter(is_well_formed, member_ids)])
    return walk(partial(_withdraw_piece, rows, by=by), below)


@whole
def _withdraw_piece(rows: MembershipQuerySet, below: int | None, *, by: Actor) -> Piece:
    piece = end_newest(rows, below, still=Membership.objects.all())
    if not piece.ended and below is None:
        raise Gone("There was nothing left to withdraw: somebody else did it meanwhile.")
    record(Verb.WITHDRAWN, piece.ended, by=by)
    return piece


def prune(*, by: Actor, owner_id: str | None = None, image: Image | None = None) -> list[Touched]:
    """Deletes what is rejected at the moment of the DELETE: of the image, else of all the owner's images.

    A tenant's manager prunes its own images; an operator any owner's, or with neither argument everybody's.
    Nothing to prune is no error. Refused: anybody else (NotAllowed).
    """
    pieces = pruning(by=by, owner_id=owner_id, image=image)
    return [row for piece in pieces for row in piece.ended]


def pruning(
    *, by: Actor, owner_id: str | None = None, image: Image | None = None, below: int | None = None
) -> Iterator[Piece]:
    """As `prune`, piece by piece. Who becomes rejected meanwhile may go or stay."""
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
    return _pruned(rows, below, by=by)


def _pruned(rows: MembershipQuerySet, below: int | None, *, by: Actor) -> Iterator[Piece]:
    # What another holds is mostly being answered or ended just now, and nobody has to wait for that.
    yield from walk(partial(_prune_piece, rows, skip_locked=True, by=by), below)
    if rows.exists():
        # It was held and stayed rejected.
        yield from walk(partial(_prune_piece, rows, skip_locked=False, by=by), None)


@whole
def _prune_piece(
    rows: MembershipQuerySet, below: int | None, *, skip_locked: bool, by: Actor
) -> Piece:
    piece = end_newest(rows, below, still=Membership.objects.rejected(), skip_locked=skip_locked)
    record(Verb.PRUNED, piece.ended, by=by)
    return piece


def delete_image(image: Image, *, by: Actor) -> int:
    """Deletes the image and ends its memberships; returns how many there were. Its data goes after the commit.

    Refused: not the owner's manager or an operator (NotAllowed); protected, or on hold for its owner (Protected);
    gone already (Gone). Of an image with many members that can happen after some of them ended: as between any pieces.
    """
    return sum(len(piece.ended) for piece in deleting(image, by=by))


def deleting(image: Image, *, below: int | None = None, by: Actor) -> Iterator[Piece]:
    """As `delete_image`, piece by piece: of more members than one piece ends, all are withdrawn; then the image goes.

    Each piece makes sure that it may still be deleted. Until the last, the image stands and can be offered: such an
    offer ends with a later piece, for the image only goes when nothing is left.
    """
    owner_acts(image, by=by)
    return walk(partial(_delete_piece, image, by=by), below)


@whole
def _delete_piece(image: Image, below: int | None, *, by: Actor) -> Piece:
    rows = Membership.objects.filter(image_id=image.pk)
    if below is None:
        # Here nobody waits while PostgreSQL goes through what earlier pieces deleted; then it is quick.
        rows.order_by("-pk").values_list("pk").first()
    locked = lock(image)
    _may_be_deleted(locked, by=by)
    piece = end_newest(rows, below, still=Membership.objects.all())
    # The first piece may have ended them all; no offer is made while the image is locked.
    if below is not None or (not piece.last and rows.exists()):
        record(Verb.WITHDRAWN, piece.ended, by=by, of=locked)
        return piece._replace(below=None if piece.last else piece.below, last=False)
    record(Verb.DELETED, piece.ended or [Touched(None, locked.pk, "")], by=by, of=locked)
    forget_after_commit(locked)
    locked.delete()
    return piece._replace(last=True)


def _may_be_deleted(image: Image, *, by: Actor) -> None:
    if image.protected:
        raise Protected(
            "A protected image cannot be deleted. Its owner lifts the protection first."
        )
    if image.on_hold and not by.is_operator:
        raise Protected(
            "An operator put this image on hold: it cannot be deleted until it is released."
        )
