"""Everything that changes a membership, and the things that end or suspend an image's sharing.

Each verb names its actor (`by`), either happens whole or raises `Refused` and changes nothing, and writes its
history in the same transaction. The condition is in the statement: what a verb reports is what the database did.
"""

from sharing.handshake.answering import answer, answer_one
from sharing.handshake.ending import delete_image, prune, withdraw
from sharing.handshake.holding import deactivate, hold, reactivate, release
from sharing.handshake.offering import offer, offer_one
from sharing.results import Answered, OfferResult, Outcome

__all__ = [
    "Answered", "OfferResult", "Outcome", "answer", "answer_one", "deactivate", "delete_image", "hold", "offer",
    "offer_one", "prune", "reactivate", "release", "withdraw",
]  # fmt: skip
