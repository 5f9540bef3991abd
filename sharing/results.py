"""What the verbs of the handshake tell their doors."""

from dataclasses import dataclass
from enum import StrEnum

from sharing.models import Membership
from sharing.models.membership import Touched


class Outcome(StrEnum):
    OFFERED = "offered"
    ALREADY_MEMBER = "already a member"
    OWN_ID = "your own ID"
    INVALID = "not a valid tenant ID"


@dataclass(frozen=True, slots=True)
class OfferResult:
    """What became of one tenant ID of an offer; `standing` is the membership where there was one already."""

    member_id: str
    outcome: Outcome
    standing: Membership | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What an answer did: the offers it changed; how many had the status already, were gone, or not as seen."""

    changed: list[Touched]
    unchanged: int
    gone: int
    stale: int
