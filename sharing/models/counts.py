"""How many members of an image have each status, in a list of images."""

from typing import Any, NamedTuple

from django.db import models

from sharing.models.membership import COUNT_CAP, Membership


class Counts(NamedTuple):
    """Each counted up to COUNT_CAP + 1; the `capped` filter shows it as `1,000+`."""

    pending: int
    accepted: int
    rejected: int


class CountsField(models.TextField[Counts, Counts]):
    """What COUNTED tells."""

    def from_db_value(self, value: str | None, *_: Any) -> Counts | None:
        return Counts(*map(int, value.split(","))) if value else None


def capped(rows: str, most: object = "%s") -> str:
    """The SQL of how many rows there are, counted up to `most`: the ORM has no LIMIT inside a correlated count."""
    return f"(SELECT count(*) FROM (SELECT 1 FROM {rows} LIMIT {most}) AS capped)"  # noqa: S608


def _each(count: str) -> str:
    """The count of each status, as one value."""
    each = (count.format(status=status.value) for status in Membership.Status)
    return " || ',' || ".join(each)


MOST = COUNT_CAP + 1
FEW = "count(*) FILTER (WHERE status = '{status}')"
# Without a LIMIT, a million members cost 100 ms.
MANY = capped("sharing_membership WHERE image_id = sharing_image.id AND status = '{status}'", MOST)
# Of an image, `sharing_image`: one look tells all three of few members, as most images have.
COUNTED = (
    f"SELECT CASE WHEN count(*) <= {MOST} THEN {_each(FEW)} ELSE {_each(MANY)} END"  # noqa: S608
    f" FROM (SELECT status FROM sharing_membership WHERE image_id = sharing_image.id LIMIT {MOST + 1}) AS members"
)
