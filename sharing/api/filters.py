"""The filters of an image list: what each parameter of the query narrows it by."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Q
from django.db.models.functions import Cast
from django.db.models.lookups import Exact
from django.utils.dateparse import parse_datetime

from sharing.api.parameters import IMAGE_LIST, NEVER_HERE
from sharing.api.query import Query
from sharing.api.wire import ACKNOWLEDGED, BASE_IMAGE, REDISTRIBUTABLE, STATUSES
from sharing.errors import BadInput
from sharing.imagedata.changes import flag_of
from sharing.imagedata.records import parent_id
from sharing.models import Image, ImageTag
from sharing.models.copied import between, listed, range_of, words_of
from sharing.models.image import ImageQuerySet
from sharing.models.image_conditions import has_property, has_status, tagged
from sharing.models.prepared import Prepared, filled
from sharing.models.statements import Count

IN_WORDS = ("name", "disk_format", "container_format")
SECOND = timedelta(seconds=1)
# Of fewer images with a tag, of whatever tenant, each may be looked at.
FEW = 50
# What `gt:` and its like say of a moment, where the moments of the wire have no fraction and those kept have one: how
# it is compared, and how many seconds later.
COMPARED: dict[str, tuple[tuple[str, int], ...]] = {
    "gt": (("gte", 1),),
    "gte": (("gte", 0),),
    "lt": (("lt", 0),),
    "lte": (("lt", 1),),
    "eq": (("gte", 0), ("lt", 1)),
    "neq": (("gte", 0), ("lt", 1)),
}

# Filters whose own index has an owner's images in the order of time.
OWN_INDEX = frozenset({"os_hidden", "visibility", "protected", "disk_format"})


class Filter(NamedTuple):
    """What a parameter leaves of a list: a condition, made of the list, of a form and of the values to compare with.

    On the values the SQL does not depend. With neither form nor values, it leaves nothing.
    """

    parameter: str
    condition: Callable[..., Q]
    form: tuple[Hashable, ...] = ()
    values: tuple[Any, ...] = ()

    def of(self, rows: Any) -> Q:
        return self.condition(rows, *self.form, *self.values)


def filters_of(query: Query) -> list[Filter] | None:
    """None: they leave nothing. BadInput names the parameter and what is allowed."""
    # Hidden images are listed where somebody asks for them.
    found = [Filter("os_hidden", _fact, ("os_hidden", bool(query.flag("os_hidden"))))]
    for parts in (_by_facts, _by_words, _by_numbers, _by_moments, _by_own_facts, _by_properties):
        found += parts(query)
    statuses = query.some("status")
    if statuses is not None:
        known = (*STATUSES, *NEVER_HERE)
        if any(status not in known for status in statuses):
            raise BadInput(f"status: of {', '.join(known)}; or in: and several.")
        here = tuple(status for status in STATUSES if status in statuses)
        found.append(Filter("status", _in_status, here))
    return found if all(one.form or one.values for one in found) else None


def is_narrow(query: Query) -> bool:
    """Whether it asks for images by what no list goes by, but an index of its own leads to them."""
    if "id" in query.values or query.text(BASE_IMAGE):
        return True
    return any(_tagged(tag, most=FEW)[0] < FEW for tag in query.values.get("tag", []))


@Prepared
def _tagged(name: str, *, most: int) -> Count[int]:
    """How many images have the tag, of whatever tenant."""
    return Count(ImageTag.objects.filter(name=name)[:most])


def leading(filters: Sequence[Filter], order: Sequence[str]) -> Callable[[Any], Any]:
    """What an index of a list in this order serves of the filters; the other ones it only passes by."""
    names = [one for one in filters if one.condition is _named]
    moments = [one for one in filters if one.parameter == "created_at"]
    if not order[0].endswith("created_at"):
        moments = []
    return lambda rows: rows.filter(
        *(between(listed(rows, "words"), *one.values[1:]) for one in names),
        *(one.of(rows) for one in moments),
    )


def sought(filters: Sequence[Filter], order: Sequence[str], *, own: bool) -> set[str]:
    """The filters for which the images of a list must be looked at one by one."""
    by_time = order[0].endswith("created_at")
    names = {
        one.parameter
        for one in filters
        if one.condition is not _named
        and not (one.parameter == "created_at" and by_time)
        and one.form != ("os_hidden", False)
    }
    if own and by_time and len(names) == 1 and names <= OWN_INDEX:
        indexed = (one for one in filters if one.parameter in names)
        if all(one.condition is _fact and one.form[-1] is not False for one in indexed):
            return set()
    return names


def _fact(images: ImageQuerySet, name: str, value: object) -> Q:
    return Q(**{name: value})


def _one_of(images: ImageQuerySet, name: str, *values: object) -> Q:
    return Q(**{f"{name}__in": values})


def _named(images: ImageQuerySet, name: str, first: str, end: str) -> Q:
    # The index goes by words, and those do not tell upper from lower case.
    return between(listed(images, "words"), first, end) & Q(name=name)


def _sized(images: ImageQuerySet, lookup: str, size: int) -> Q:
    return Q(**{f"size__{lookup}": size}) & ~Q(status=Image.Status.QUEUED)


def _number(images: ImageQuerySet, name: str, number: int) -> Q:
    # The column has no room for some of the numbers that may be asked for.
    return Q(Exact(Cast(name, BigIntegerField()), number))


def _in_status(images: ImageQuerySet, *statuses: str) -> Q:
    return has_status(*statuses)


def _at_moment(rows: Any, name: str, operator: str, *moments: datetime) -> Q:
    lookups = [lookup for lookup, _ in COMPARED[operator]]
    name = listed(rows, name)
    condition = Q(*((f"{name}__{lookup}", at) for lookup, at in zip(lookups, moments, strict=True)))
    return ~condition if operator == "neq" else condition


def _by_facts(query: Query) -> Iterator[Filter]:
    if (protected := query.flag("protected")) is not None:
        yield Filter("protected", _fact, ("protected", protected))
    if query.text("visibility") == Image.Visibility.PRIVATE:
        yield Filter("visibility", _fact, ("visibility", Image.Visibility.PRIVATE))
    if (ids := query.ids("id")) is not None:
        yield _some("id", "pk", ids)


def _by_words(query: Query) -> Iterator[Filter]:
    for name in IN_WORDS:
        words = query.some(name)
        if words is not None and len(words) == 1 and name == "name":
            yield Filter(name, _named, (), (words[0], *range_of(words_of(words[0], ()))))
        elif words is not None:
            yield _some(name, name, words)
    for tag in dict.fromkeys(query.values.get("tag", [])):
        yield Filter("tag", tagged, (), (tag, words_of("", (tag,))))


def _some(parameter: str, name: str, values: Sequence[Any]) -> Filter:
    if len(values) == 1:
        return Filter(parameter, _fact, (name,), (values[0],))
    form = (name,) if values else ()
    return Filter(parameter, _one_of, form, filled(tuple(values)))


def _by_numbers(query: Query) -> Iterator[Filter]:
    for name, lookup in (("size_min", "gte"), ("size_max", "lte")):
        if (size := query.number(name)) is not None:
            yield Filter(name, _sized, (lookup,), (size,))
    for name in ("min_disk", "min_ram"):
        if (number := query.number(name)) is not None:
            yield Filter(name, _number, (name,), (number,))


def _by_moments(query: Query) -> Iterator[Filter]:
    for name in ("created_at", "updated_at"):
        if name in query.values:
            yield _moment(query, name)


def _moment(query: Query, name: str) -> Filter:
    text = query.text(name)
    operator, colon, rest = text.partition(":")
    if not colon or operator not in COMPARED:
        operator, rest = "eq", text
    try:
        at = parse_datetime(rest)
        if at is None:
            raise ValueError(rest)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
        # There is no moment beyond the last, nor before the first.
        moments = tuple(at + seconds * SECOND for _, seconds in COMPARED[operator])
    except (ValueError, OverflowError) as error:
        raise _no_moment(name) from error
    return Filter(name, _at_moment, (name, operator), moments)


def _no_moment(name: str) -> BadInput:
    return BadInput(
        f"{name}: a date and time such as 2026-11-23T09:50:19Z, after one of "
        f"{', '.join(f'{operator}:' for operator in COMPARED)} or nothing."
    )


def _by_own_facts(query: Query) -> Iterator[Filter]:
    if BASE_IMAGE in query.values:
        parent = parent_id(query.text(BASE_IMAGE))
        form = ("base_image_ref",) if parent else ("base_image_ref", None)
        yield Filter(BASE_IMAGE, _fact, form, (parent,) if parent else ())
    if REDISTRIBUTABLE in query.values:
        is_so = flag_of(REDISTRIBUTABLE, query.text(REDISTRIBUTABLE))
        yield Filter(REDISTRIBUTABLE, _fact, ("redistributable", is_so))
    if ACKNOWLEDGED in query.values:
        open_still = not flag_of(ACKNOWLEDGED, query.text(ACKNOWLEDGED))
        yield Filter(ACKNOWLEDGED, _fact, ("export_acknowledged_at__isnull", open_still))


def _by_properties(query: Query) -> Iterator[Filter]:
    """Any other parameter is a custom property."""
    known = {parameter.name for parameter in IMAGE_LIST}
    for name in query.values:
        if name not in known:
            yield Filter("properties", has_property, (), (name, query.text(name)))
