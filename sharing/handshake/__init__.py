"""Everything that changes a membership, and the things that end or suspend an image's sharing.

Each verb names its actor (`by`), either happens whole or raises `Refused` and changes nothing, and writes its
history in the same transaction. The condition is in the statement: what a verb reports is what the database did.
Endings of more rows than ROWS_A_PIECE, and answers to more than OFFERS_A_PIECE, go in pieces, each of which keeps these
promises for itself.
"""

from sharing.handshake.answering import answer, answer_one
from sharing.handshake.ending import (
    delete_image,
    deleting,
    prune,
    pruning,
    withdraw,
    withdrawing,
)
from sharing.handshake.holding import deactivate, hold, reactivate, release
from sharing.handshake.offering import offer, offer_one
from sharing.handshake.pieces import Piece
from sharing.results import Answered, OfferResult, Outcome

__all__ = [
    "Answered", "OfferResult", "Outcome", "Piece", "answer", "answer_one", "deactivate", "delete_image", "deleting",
    "hold", "offer", "offer_one", "prune", "pruning", "reactivate", "release", "withdraw", "withdrawing",
]  # fmt: skip
