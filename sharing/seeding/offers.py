"""Memberships, in the order of time."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import tee
from operator import itemgetter
from typing import NamedTuple

from sharing.models import Membership
from sharing.seeding.images import FIRST_OFFER, HOUR, Images, Made, size, stamp, words
from sharing.seeding.plan import Plan
from sharing.seeding.shapes import BITS, GOLDEN, MASK
from sharing.seeding.tables import Row
from sharing.seeding.tenants import HOTTEST_CONSUMER, Tenants, manager

DAY = 24 * HOUR
# An image is offered at once, to more tenants after three days, and once more after two weeks: what waits for its
# turn is then no more than the images of two weeks.
WAVES = (FIRST_OFFER, 3 * DAY, 14 * DAY)
FEW_MEMBERS = 8
AT_ONCE = 100
ANSWER_LAGS = (5 * HOUR, 12 * DAY)
PENDING, ACCEPTED, REJECTED = (status.value for status in Membership.Status)
# Of 128 offers: 46 stay pending, 64 are accepted and 18 rejected, half of them after the longer lag.
ANSWERS = (
    *((PENDING, 0),) * 46,
    *((ACCEPTED, 0), (ACCEPTED, 1)) * 32,
    *((REJECTED, 0), (REJECTED, 1)) * 9,
)


class Burst(NamedTuple):
    """Offers of one image at one moment: its members from `first` until before `last`."""

    moment: int
    image: Made
    first: int
    last: int


class Offers:
    def __init__(self, plan: Plan, tenants: Tenants, images: Images) -> None:
        self._plan, self._tenants, self._images = plan, tenants, images
        self._hottest = images.image(plan.number_of_the_hottest)

    def bursts(self, images: Iterable[Made]) -> Iterator[tuple[int, Burst]]:
        """All bursts, each with the key of its first membership."""
        lanes = [self._wave(wave, lane) for wave, lane in enumerate(tee(images, len(WAVES)))]
        key = 1
        for burst in merge(*lanes, self._of_the_hottest(), key=itemgetter(0)):
            yield key, burst
            key += burst.last - burst.first

    def _wave(self, wave: int, images: Iterable[Made]) -> Iterator[Burst]:
        for image in images:
            if not image.members or image.id == self._hottest.id:
                continue
            fitting = sum(image.moment + lag < self._plan.end for lag in WAVES)
            waves = 1 if image.members < FEW_MEMBERS else fitting
            if wave < waves:
                first, last = (image.members * turn // waves for turn in (wave, wave + 1))
                yield Burst(image.moment + WAVES[wave], image, first, last)

    def _of_the_hottest(self) -> Iterator[Burst]:
        """The image with the most members gets them over the years, evenly."""
        image = self._hottest
        begin = image.moment + FIRST_OFFER
        for first in range(0, image.members, AT_ONCE):
            moment = begin + (self._plan.end - begin) * first // image.members
            yield Burst(moment, image, first, min(first + AT_ONCE, image.members))

    def members(self, burst: Burst) -> Iterator[tuple[str, str, int]]:
        """Tenant ID, status, and which of ANSWER_LAGS passed before the answer. No tenant twice for an image."""
        _, image, first, last = burst
        tenants, share = self._tenants, self._plan.members_share
        in_time = [burst.moment + lag < self._plan.end for lag in ANSWER_LAGS]
        others = image.members - image.has_the_hottest
        # With one step for each member, and a share of what is left, ranks rise: so none comes twice.
        room = self._plan.tenants - 2 - others
        for number in range(first, last):
            bits = (image.bits + number * GOLDEN) & MASK
            if image.has_the_hottest and number == 0:
                rank = HOTTEST_CONSUMER
            else:
                turn = number - image.has_the_hottest
                drawn = share.rank((turn + (bits & 0xFFFF) / 0x10000) / others)
                rank = 1 + turn + min(int((room + 1) * drawn), room)
                rank += rank >= image.owner_rank
            status, lag = ANSWERS[bits >> BITS - 7]
            if status != PENDING and not (in_time[lag] and tenants.here(rank)):
                status = PENDING
            yield tenants.id(rank), status, lag

    def rows(self) -> Iterator[Row]:
        for key, burst in self.bursts(self._images):
            image, at = burst.image, stamp(burst.moment)
            answered = [stamp(burst.moment + lag) for lag in ANSWER_LAGS]
            by = manager(image.owner_id)
            copies = (image.id, image.owner_id, stamp(image.moment), size(image), words(image))
            note = "This month's build." if image.bits >> 46 & 7 == 0 else ""
            for number, (member_id, status, lag) in enumerate(self.members(burst), key):
                answer = ("", None) if status == PENDING else (manager(member_id), answered[lag])
                yield number, *copies, member_id, status, note, by, at, *answer
