"""Images, each computed from its number in the order of time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from sharing.models import Image
from sharing.models.copied import words_of
from sharing.seeding.families import RARE, TAGS, Family, families
from sharing.seeding.plan import Plan
from sharing.seeding.shapes import chance
from sharing.seeding.tables import Row
from sharing.seeding.tenants import Tenants, manager

HOUR = 3_600_000
FIRST_OFFER = 6 * HOUR
GENERATION = 8  # the longest line of images made from each other
QUEUED, ACTIVE, DEACTIVATED = (status.value for status in Image.Status)
PRIVATE, SHARED = (visibility.value for visibility in Image.Visibility)


class Made(NamedTuple):
    """What is said of an image in more than one table; `members` is their number."""

    moment: int
    id: str
    owner_rank: int
    owner_id: str
    name: str
    family: Family
    status: str
    visibility: str
    on_hold: bool
    was_on_hold: bool
    members: int
    has_the_hottest: bool
    place: int
    bits: int


class Images:
    def __init__(self, plan: Plan, tenants: Tenants) -> None:
        self._plan, self._tenants = plan, tenants
        self._families = families()
        self._others_images = plan.images - plan.hottest_owner
        self._others_members = plan.memberships - plan.hottest_image
        # The hottest consumer is a member of the most popular images: of one in a few, where they all have members.
        few = 4 if plan.memberships >= plan.images else 1
        self._every = min(few, plan.offered // plan.hottest_consumer)

    def __iter__(self) -> Iterator[Made]:
        return map(self.image, range(self._plan.images))

    def image(self, number: int) -> Made:
        plan = self._plan
        bits, moment = self._born(number)
        place = plan.by_owner.back(number)
        owner_rank = self._tenants.owner(self._owner(place))
        popularity = plan.by_members.back(number)
        members = self._members(popularity)
        family = self._families[bits >> 8 & 15]
        status, visibility, on_hold = _standing(popularity, plan, bits)
        was_on_hold = place < plan.released and not on_hold
        rare = f"-{RARE[number // plan.rare % 4]}" if number % plan.rare == 0 else ""
        return Made(
            moment, _uuid7(moment, bits), owner_rank, self._tenants.id(owner_rank),
            _name(family, number, moment) + rare, family, status, visibility, on_hold, was_on_hold, members,
            self._has_the_hottest(popularity, members), place, bits,
        )  # fmt: skip

    def _born(self, number: int) -> tuple[int, int]:
        bits = chance(number, self._plan.seed)
        return bits, self._plan.begin + number * self._plan.gap + bits % self._plan.gap

    def _owner(self, place: int) -> int:
        among_others = place - self._plan.hottest_owner
        if among_others < 0:
            return 0
        rank = self._plan.owners_images.rank(among_others / self._others_images)
        return 1 + int(rank * (self._plan.owners - 1))

    def _members(self, popularity: int) -> int:
        if popularity == 0:
            return self._plan.hottest_image
        if popularity >= self._plan.offered:
            return 0
        return self._plan.images_members.size(popularity - 1, self._others_members)

    def _has_the_hottest(self, popularity: int, members: int) -> bool:
        turn, left = divmod(popularity - 1, self._every)
        chosen = popularity == 0 or (left == 0 and turn < self._plan.hottest_consumer - 1)
        return chosen and members > 0

    def parent(self, image: Made) -> Made | None:
        """What it was made from: an older image of the same owner, with data."""
        group, generation = divmod(image.place, GENERATION)
        if generation == 0 or chance(group, self._plan.seed + 2) % 6:
            return None
        parent = self.image(self._plan.by_owner.there(image.place - 1))
        fits = parent.owner_rank == image.owner_rank and parent.moment < image.moment
        return parent if fits and parent.status != QUEUED else None

    def restriction(self, image: Made | None) -> tuple[str, str | None]:
        """The licence and its origin, as `sharing.imagedata.licences` settles them."""
        if image is None:
            return "", None
        if image.family.licence:
            return image.family.licence, image.id
        return self.restriction(self.parent(image))

    def rows(self) -> Iterator[Row]:
        for image in self:
            parent = self.parent(image)
            licence, origin = self.restriction(image)
            family, bits = image.family, image.bits
            has_data, offered = image.status != QUEUED, image.members > 0
            made_at, checksum = stamp(image.moment), checksum_of(image)
            snapshot = parent is not None or bits >> 12 & 7 == 0
            bytes_ = size(image)
            yield (
                image.id, image.owner_id, image.name, words(image), image.status, image.visibility, family.disk_format,
                "bare", bytes_, bytes_ * 4 if has_data else None, checksum, "sha512" if has_data else "",
                f"{bits:016x}" * 8 if has_data else "", family.min_disk, 512, int(bits >> 16 & 63 == 0),
                int(bits >> 22 & 127 == 0 or image.place < self._plan.hidden), parent.id if parent else None,
                family.snapshot_properties if snapshot else family.properties, made_at, made_at, int(image.on_hold),
                stamp(image.moment + FIRST_OFFER) if offered else None, manager(image.owner_id) if offered else "",
                checksum if offered else "", "", int(not licence and bits >> 29 & 3 == 0), 0, licence, origin, None, "",
            )  # fmt: skip

    def tags(self) -> Iterator[Row]:
        key = 0
        for number in range(self._plan.images):
            bits, moment = self._born(number)
            for name in _tags(bits):
                key += 1
                yield key, _uuid7(moment, bits), name


def words(image: Made) -> str:
    return words_of(image.name, _tags(image.bits))


def size(image: Made) -> int:
    if image.status == QUEUED:
        return 0
    return int(image.family.gigabytes * 1e9) + image.bits % 100_000_000


def _tags(bits: int) -> list[str]:
    kind, word = bits >> 40 & 7, bits >> 43 & 7
    if kind == 0:
        return [f"build-{bits >> 46 & 0xFFF}"]
    return {1: [TAGS[word]], 2: [TAGS[word], TAGS[word - 1]]}.get(kind, [])


def _standing(popularity: int, plan: Plan, bits: int) -> tuple[str, str, bool]:
    """Status, visibility and hold. A few private images have members from before, whose memberships rest."""
    if popularity >= plan.offered:
        return (QUEUED, SHARED, False) if popularity % 2 else (ACTIVE, PRIVATE, False)
    if popularity == 0:
        return ACTIVE, SHARED, False
    kind = bits >> 32 & 0xFF
    status = DEACTIVATED if kind < 5 else ACTIVE
    return status, PRIVATE if 5 <= kind < 8 else SHARED, 8 <= kind < 8 + plan.on_hold


def _uuid7(moment: int, bits: int) -> str:
    return f"{moment:012x}7{bits >> 52:03x}{1 << 63 | bits & (1 << 62) - 1:016x}"


def _name(family: Family, number: int, moment: int) -> str:
    return f"{family.name}-{_day(moment // 86_400_000)}-{number + 1000}"


@lru_cache(maxsize=8)
def _day(since_1970: int) -> str:
    return f"{datetime.fromtimestamp(since_1970 * 86_400, UTC):%Y%m%d}"


def checksum_of(image: Made) -> str:
    return f"{image.bits:032x}" if image.status != QUEUED else ""


def stamp(moment: int) -> str:
    """A time as SQLite keeps it for Django; PostgreSQL reads it too, in UTC."""
    return str(datetime.fromtimestamp(moment / 1000, UTC).replace(tzinfo=None))
