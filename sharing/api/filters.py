"""The filters of an image list: what each parameter of the query narrows it by."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.dateparse import parse_datetime

from sharing.api.parameters import IMAGE_LIST, IMAGE_ORDER, IMAGE_PAGE, NEVER_HERE
from sharing.api.query import Query
from sharing.api.wire import ACKNOWLEDGED, BASE_IMAGE, REDISTRIBUTABLE, STATUSES
from sharing.errors import BadInput
from sharing.imagedata.changes import flag_of
from sharing.imagedata.records import parent_id
from sharing.models import Image, ImageTag
from sharing.models.copied import begins, listed, words_of
from sharing.models.image import ImageQuerySet
from sharing.models.image_conditions import has_property, has_status, named, tagged
from sharing.models.prepared import Prepared
from sharing.models.statements import Count

IN_WORDS = ("name", "disk_format", "container_format")
SECOND = timedelta(seconds=1)
# Of fewer images with a tag, of whatever tenant, each may be looked at.
FEW = 50
# What `gt:` and its like say of a moment, where the moments of the wire have no fraction and those kept have one.
COMPARED: dict[str, Callable[[str, datetime], Q]] = {
    "gt": lambda name, at: Q(**{f"{name}__gte": at + SECOND}),
    "gte": lambda name, at: Q(**{f"{name}__gte": at}),
    "lt": lambda name, at: Q(**{f"{name}__lt": at}),
    "lte": lambda name, at: Q(**{f"{name}__lt": at + SECOND}),
    "eq": lambda name, at: Q(**{f"{name}__gte": at, f"{name}__lt": at + SECOND}),
    "neq": lambda name, at: ~Q(**{f"{name}__gte": at, f"{name}__lt": at + SECOND}),
}

# What says whose images are listed, and how, but not which of them.
NO_FILTERS = {parameter.name for parameter in (*IMAGE_ORDER, *IMAGE_PAGE)} | {"member_status"}
# Filters whose own index has an owner's images in the order of time.
OWN_INDEX = frozenset({"os_hidden", "visibility", "protected", "disk_format"})

type Condition = Callable[[ImageQuerySet], Q]


def condition_of(query: Query) -> Condition | None:
    """What the query leaves of a list of images; None: nothing. BadInput names the parameter and what is allowed."""
    facts, statuses = _by_facts(query), _statuses(query)
    parts = _by_what_lists_copy(query)
    facts &= _by_own_facts(query)
    parts += _by_properties(query)
    if statuses is not None:
        if not set(statuses) & set(STATUSES):
            return None
        facts &= has_status(*statuses)
    return lambda images: Q(facts, *(part(images) for part in parts))


def is_narrow(query: Query) -> bool:
    """Whether it asks for images by what no list goes by, but an index of its own leads to them."""
    if "id" in query.values or query.text(BASE_IMAGE):
        return True
    return any(_tagged(tag, most=FEW)[0] < FEW for tag in query.values.get("tag", []))


@Prepared
def _tagged(name: str, *, most: int) -> Count[int]:
    """How many images have the tag, of whatever tenant."""
    return Count(ImageTag.objects.filter(name=name)[:most])


def with_tags(query: Query) -> Q:
    """Images with the tags asked for, where these may lead to them: few have a rare one."""
    tags = ImageTag.objects.filter(image=OuterRef("pk"))
    return Q(*(Exists(tags.filter(name=name)) for name in query.values.get("tag", [])))


def leading(query: Query, order: Sequence[str]) -> Callable[[Any], Any]:
    """What an index of a list in this order serves of the filters; the other ones it only passes by."""
    condition: list[Callable[[Any], Q]] = []
    if (name := _single(query, "name")) is not None:
        words = words_of(name, ())
        condition.append(lambda rows: begins(listed(rows, "words"), words))
    if order[0].endswith("created_at") and "created_at" in query.values:
        condition.append(_at_moment(query, "created_at"))
    return lambda rows: rows.filter(*(one(rows) for one in condition))


def sought(query: Query, order: Sequence[str], *, own: bool) -> set[str]:
    """The filters for which the images of a list must be looked at one by one."""
    names = query.values.keys() - NO_FILTERS
    by_time = order[0].endswith("created_at")
    served = {
        "owner": own,
        "name": _single(query, "name") is not None,
        "created_at": by_time,
        "os_hidden": not query.flag("os_hidden"),
        "visibility": query.text("visibility") != Image.Visibility.PRIVATE,
    }
    names -= {name for name, is_served in served.items() if is_served}
    if own and by_time and len(names) == 1 and names <= OWN_INDEX:
        several = "disk_format" in names and _single(query, "disk_format") is None
        unprotected = query.flag("protected") is False
        return names if several or unprotected else set()
    return names


def _single(query: Query, name: str) -> str | None:
    """What the parameter says, where that is one value."""
    values = query.some(name) or []
    return values[0] if len(values) == 1 else None


def _by_facts(query: Query) -> Q:
    # Hidden images are listed where somebody asks for them.
    hidden = query.flag("os_hidden")
    condition = Q(os_hidden=bool(hidden))
    if (protected := query.flag("protected")) is not None:
        condition &= Q(protected=protected)
    for name in IN_WORDS:
        if (words := query.some(name)) is not None:
            condition &= Q(**{f"{name}__in": words})
    if (ids := query.ids("id")) is not None:
        condition &= Q(pk__in=ids)
    for name, lookup in (("size_min", "size__gte"), ("size_max", "size__lte")):
        if (size := query.number(name)) is not None:
            condition &= Q(**{lookup: size}) & ~Q(status=Image.Status.QUEUED)
    for name in ("min_disk", "min_ram"):
        if (least := query.number(name)) is not None:
            condition &= Q(**{name: least})
    return condition


def _by_what_lists_copy(query: Query) -> list[Condition]:
    """What a list tells of an image as its rows have it."""
    parts: list[Condition] = [partial(tagged, name=tag) for tag in query.values.get("tag", [])]
    parts += [_at_moment(query, n) for n in ("created_at", "updated_at") if n in query.values]
    if (name := _single(query, "name")) is not None:
        parts.append(partial(named, name=name))
    return parts


def _statuses(query: Query) -> list[str] | None:
    statuses = query.some("status")
    known = (*STATUSES, *NEVER_HERE)
    if any(status not in known for status in statuses or ()):
        raise BadInput(f"status: of {', '.join(known)}; or in: and several.")
    return statuses


def _at_moment(query: Query, name: str) -> Callable[[Any], Q]:
    text = query.text(name)
    operator, colon, rest = text.partition(":")
    if not colon or operator not in COMPARED:
        operator, rest = "eq", text
    try:
        at = parse_datetime(rest)
        if at is None:
            raise ValueError(rest)
        at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).replace(microsecond=0)
        compared = COMPARED[operator]
        # There is no moment beyond the last, nor before the first.
        compared(name, at)
    except (ValueError, OverflowError) as error:
        raise _no_moment(name) from error
    return lambda rows: compared(listed(rows, name), at)


def _no_moment(name: str) -> BadInput:
    return BadInput(
        f"{name}: a date and time such as 2026-11-23T09:50:19Z, after one of "
        f"{', '.join(f'{operator}:' for operator in COMPARED)} or nothing."
    )


def _by_own_facts(query: Query) -> Q:
    facts = Q()
    if BASE_IMAGE in query.values:
        facts &= Q(base_image_ref=parent_id(query.text(BASE_IMAGE)))
    if REDISTRIBUTABLE in query.values:
        facts &= Q(redistributable=flag_of(REDISTRIBUTABLE, query.text(REDISTRIBUTABLE)))
    if ACKNOWLEDGED in query.values:
        open_still = not flag_of(ACKNOWLEDGED, query.text(ACKNOWLEDGED))
        facts &= Q(export_acknowledged_at__isnull=open_still)
    return facts


def _by_properties(query: Query) -> list[Condition]:
    """Any other parameter is a custom property."""
    known = {parameter.name for parameter in IMAGE_LIST}
    return [
        partial(has_property, name=name, value=query.text(name))
        for name in query.values
        if name not in known
    ]
