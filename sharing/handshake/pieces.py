"""Endings of many memberships: in pieces, each a transaction of its own that takes few rows and ends soon.

So nobody waits long for a row or for the image, and wherever it stops, what is done stays done and is told by history.
Up to ROWS_A_PIECE rows there is one piece: all or nothing.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from sharing.models.membership import MembershipQuerySet, Touched

# As many as an image has members by default (MEMBER_QUOTA). Measured by tests/bench/bulk.
ROWS_A_PIECE = 1000


class Piece(NamedTuple):
    """What ended in one transaction; the next ends rows with keys lower than `below`. `last`: there is no next."""

    ended: list[Touched]
    below: int | None
    last: bool


def end_newest(
    rows: MembershipQuerySet,
    below: int | None,
    *,
    still: MembershipQuerySet,
    skip_locked: bool = False,
) -> Piece:
    """Deletes a piece of the rows: in one DELETE, which holds the condition `still`. Called in a transaction.

    `skip_locked`: passes over what another transaction holds, else waits for it.
    """
    most = ROWS_A_PIECE
    ended = still.within(rows.piece(most, below=below, skip_locked=skip_locked)).remove()
    lowest = min((row.id for row in ended if row.id is not None), default=below)
    return Piece(ended, lowest, last=len(ended) < most)


def walk(end: Callable[[int | None], Piece], below: int | None) -> Iterator[Piece]:
    """One piece after the other, each when it is asked for."""
    while True:
        piece = end(below)
        yield piece
        if piece.last:
            return
        below = piece.below
