"""How much there will be of what."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property

from sharing.errors import BadInput
from sharing.models.tenant import is_tenant_id
from sharing.seeding.shapes import Scatter, Skew

YEARS = 3
A_PAGE = 70  # of an operator's list, and some more
A_WALK = 260  # what a page of a filtered list looks at, and some more
QUIET_DAYS = 3  # before `until`, without new images: their offers and answers fall into them
FEW = 3
LIMITS = {
    "images": (100, 100_000_000),
    "memberships": (1000, 1_000_000_000),
    "tenants": (200, 100_000_000),
    "seed": (0, 2**63 - 1),
}


@dataclass(frozen=True)
class Plan:
    """Sizes, all from five numbers. At 1 M images and 10 M memberships the hottest owner has 50,000 images, the
    hottest consumer 200,000 memberships, and the hottest image 1 M members."""

    images: int
    memberships: int
    tenants: int
    seed: int
    until: date

    @cached_property
    def begin(self) -> int:
        """When the first image was made, in ms since 1970, as are all times here."""
        return self.end - YEARS * 365 * 86_400_000

    @cached_property
    def end(self) -> int:
        return int(datetime.combine(self.until, datetime.min.time(), UTC).timestamp()) * 1000

    @cached_property
    def gap(self) -> int:
        return (self.end - self.begin - QUIET_DAYS * 86_400_000) // self.images

    @cached_property
    def joined(self) -> int:
        """Tenants of Proffer; one in twenty of the tenant IDs that are offered to is nobody's here."""
        return self.tenants - self.tenants // 20

    @cached_property
    def digits(self) -> int:
        """Of a tenant ID."""
        return max(7, len(str(self.tenants)) + 1)

    @cached_property
    def owners(self) -> int:
        return min(self.tenants // 2, max(self.images // 20, 100))

    @cached_property
    def hottest_owner(self) -> int:
        """One in twenty images; of a thousand, as many as a page of a filtered list looks at."""
        return max(self.images // 20, min(self.images // 4, A_WALK), FEW)

    @cached_property
    def hottest_consumer(self) -> int:
        return min(
            max(self.memberships // 50, min(self.memberships // 20, 2 * A_WALK), FEW),
            self.offered // 2,
        )

    @cached_property
    def hottest_image(self) -> int:
        return min(self.memberships // 10, self.tenants - 2)

    @cached_property
    def offered(self) -> int:
        """Images with members, at most; the others are queued or private."""
        return self.images * 17 // 20

    @cached_property
    def on_hold(self) -> int:
        """Of 256 images with members: few, yet a page of an operator's list, where there are a thousand of them."""
        return min(max(256 * A_PAGE // self.offered, 2), 24)

    @cached_property
    def released(self) -> int:
        """Images of the hottest owner that were on hold once: a page of its activity."""
        return min(self.hottest_owner, A_PAGE) // 2

    @cached_property
    def hidden(self) -> int:
        """Images of the hottest owner that are hidden beside one in 128, so that they fill a page of a client."""
        return max(min(self.hottest_owner // 8, 30) - self.hottest_owner // 128, 0)

    @cached_property
    def rare(self) -> int:
        """One in so many images has a rare word in its name: a page of an operator's list for each of the four."""
        return max(self.images // (4 * A_PAGE), 4)

    @cached_property
    def number_of_the_hottest(self) -> int:
        return self.images // 50

    @cached_property
    def by_owner(self) -> Scatter:
        """From an image's place among all, owner by owner, to its number in the order of time."""
        return Scatter(self.images, self.number_of_the_hottest, self.seed)

    @cached_property
    def by_members(self) -> Scatter:
        """From an image's place among all, most members first, to its number in the order of time."""
        return Scatter(self.images, self.number_of_the_hottest, self.seed + 1)

    @cached_property
    def owners_images(self) -> Skew:
        """How the images are shared out among the owners, the hottest one aside."""
        others = self.images - self.hottest_owner
        return Skew(self.owners - 1, self.hottest_owner / 2 / others)

    @cached_property
    def images_members(self) -> Skew:
        """How the memberships are shared out among the images, the hottest one aside."""
        others = self.memberships - self.hottest_image
        most = min(self.hottest_image // 2, self.tenants - 2) - 1
        return Skew(self.offered - 1, most / others)

    @cached_property
    def members_share(self) -> Skew:
        """How the memberships are shared out among the consumers, the hottest one aside."""
        return Skew(self.tenants - 2, self.hottest_consumer / 2 / self.memberships)


def plan(
    images: int, memberships: int, *, tenants: int | None = None, seed: int = 1, until: date
) -> Plan:
    """BadInput, naming the argument and what is allowed, for what no such database can be made of."""
    if tenants is None:
        tenants = min(max(images // 10, memberships // 8, LIMITS["tenants"][0]), 100_000_000)
    given = {"images": images, "memberships": memberships, "tenants": tenants, "seed": seed}
    for name, value in given.items():
        least, most = LIMITS[name]
        if not least <= value <= most:
            raise BadInput(f"--{name}: a whole number from {least:,} to {most:,}.")
    if not date(1980, 1, 1) <= until <= datetime.now(UTC).date():
        raise BadInput("--until: a day from 1980-01-01 to today (UTC).")
    made = Plan(images, memberships, tenants, seed, until)
    pairs = made.offered * (tenants - 2)
    if memberships > pairs:
        raise BadInput(
            f"--memberships: at most {pairs:,}, as many pairs as {made.offered:,} images that can be offered "
            f"make with {tenants - 2:,} tenants each."
        )
    if not is_tenant_id("1" * made.digits):
        raise BadInput(
            f"TENANT_ID_PATTERN: tenant IDs are made of {made.digits} digits here, as this cloud's are not: unset it."
        )
    return made
