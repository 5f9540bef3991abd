"""Events, in the order of time: what was done to images, and what was offered and answered."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain, tee
from operator import itemgetter

from sharing.models.event import Verb
from sharing.seeding.images import (
    ACTIVE,
    FIRST_OFFER,
    HOUR,
    QUEUED,
    Images,
    Made,
    checksum_of,
    stamp,
)
from sharing.seeding.offers import ANSWER_LAGS, PENDING, Burst, Offers
from sharing.seeding.tables import Row
from sharing.seeding.tenants import OPERATOR, manager

IMPORT, HOLD = HOUR // 2, 40 * HOUR
DEACTIVATION, RELEASE = 45 * HOUR, 50 * HOUR
# Rows without their key, of one moment; made when their turn comes.
type Told = tuple[int, Iterable[Row]]


class History:
    def __init__(self, images: Images, offers: Offers) -> None:
        self._images, self._offers = images, offers

    def rows(self) -> Iterator[Row]:
        *of_images, offered = tee(self._images, 1 + len(LANES))
        bursts, *answered = tee(self._offers.bursts(offered), 1 + len(ANSWER_LAGS))
        lanes = [
            *(lane(images) for lane, images in zip(LANES, of_images, strict=True)),
            map(self._offered, bursts),
            *(self._answered(lag, lane) for lag, lane in enumerate(answered)),
        ]
        told = chain.from_iterable(rows for _, rows in merge(*lanes, key=itemgetter(0)))
        return ((number, *row) for number, row in enumerate(told, 1))

    def _offered(self, numbered: tuple[int, Burst]) -> Told:
        key, burst = numbered
        image, at, by = burst.image, stamp(burst.moment), manager(burst.image.owner_id)
        return burst.moment, (
            (
                at,
                "offered",
                image.id,
                image.name,
                image.owner_id,
                member_id,
                number,
                by,
                image.owner_id,
                "",
            )
            for number, (member_id, _, _) in enumerate(self._offers.members(burst), key)
        )

    def _answered(self, lag: int, bursts: Iterable[tuple[int, Burst]]) -> Iterator[Told]:
        for key, burst in bursts:
            moment = burst.moment + ANSWER_LAGS[lag]
            yield moment, self._answers(key, burst, lag, stamp(moment))

    def _answers(self, key: int, burst: Burst, lag: int, at: str) -> Iterator[Row]:
        image = burst.image
        for number, (member_id, status, passed) in enumerate(self._offers.members(burst), key):
            if passed == lag and status != PENDING:
                by = manager(member_id)
                yield (
                    at,
                    status,
                    image.id,
                    image.name,
                    image.owner_id,
                    member_id,
                    number,
                    by,
                    member_id,
                    "",
                )


def _created(images: Iterable[Made]) -> Iterator[Told]:
    return (_told(image, 0, Verb.CREATED) for image in images)


def _imported(images: Iterable[Made]) -> Iterator[Told]:
    return (_told(image, IMPORT, Verb.IMPORTED) for image in images if image.status != QUEUED)


def _confirmed(images: Iterable[Made]) -> Iterator[Told]:
    return (
        _told(image, FIRST_OFFER, Verb.CONFIRMED, checksum_of(image))
        for image in images
        if image.members
    )


def _held(images: Iterable[Made]) -> Iterator[Told]:
    return (
        _told(image, HOLD, Verb.HELD, by=OPERATOR)
        for image in images
        if image.on_hold or image.was_on_hold
    )


def _released(images: Iterable[Made]) -> Iterator[Told]:
    return (
        _told(image, RELEASE, Verb.RELEASED, by=OPERATOR) for image in images if image.was_on_hold
    )


def _deactivated(images: Iterable[Made]) -> Iterator[Told]:
    return (
        _told(image, DEACTIVATION, Verb.DEACTIVATED)
        for image in images
        if image.status not in (QUEUED, ACTIVE)
    )


LANES = (_created, _imported, _confirmed, _held, _released, _deactivated)


def _told(image: Made, lag: int, verb: Verb, note: str = "", *, by: str = "") -> Told:
    moment = image.moment + lag
    who = (by, "") if by else (manager(image.owner_id), image.owner_id)
    row = (stamp(moment), verb.value, image.id, image.name, image.owner_id, "", None, *who, note)
    return moment, (row,)
