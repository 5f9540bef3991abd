"""The filters of an image list: what each parameter of the query narrows it by."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils.dateparse import parse_datetime

from sharing.api.parameters import IMAGE_LIST, NEVER_HERE
from sharing.api.query import Query
from sharing.api.wire import ACKNOWLEDGED, BASE_IMAGE, REDISTRIBUTABLE, STATUSES
from sharing.errors import BadInput
from sharing.imagedata.changes import flag_of
from sharing.imagedata.records import parent_id
from sharing.models import Image, ImageTag
from sharing.models.copied import listed
from sharing.models.image import ImageQuerySet

IN_WORDS = ("name", "disk_format", "container_format")
SECOND = timedelta(seconds=1)
# What `gt:` and its like say of a moment, where the moments of the wire have no fraction and those kept have one.
COMPARED: dict[str, Callable[[str, datetime], Q]] = {
    "gt": lambda name, at: Q(**{f"{name}__gte": at + SECOND}),
    "gte": lambda name, at: Q(**{f"{name}__gte": at}),
    "lt": lambda name, at: Q(**{f"{name}__lt": at}),
    "lte": lambda name, at: Q(**{f"{name}__lt": at + SECOND}),
    "eq": lambda name, at: Q(**{f"{name}__gte": at, f"{name}__lt": at + SECOND}),
    "neq": lambda name, at: ~Q(**{f"{name}__gte": at, f"{name}__lt": at + SECOND}),
}

type Narrow = Callable[[ImageQuerySet], ImageQuerySet]


def narrowing(query: Query) -> Narrow:
    """What the query leaves of a list of images. BadInput names the parameter and what is allowed in it."""
    steps = [*_by_facts(query), *_by_own_facts(query), *_by_properties(query)]

    def narrow(images: ImageQuerySet) -> ImageQuerySet:
        for step in steps:
            images = step(images)
        return images

    return narrow


def _by_facts(query: Query) -> list[Narrow]:
    # Hidden images are listed where somebody asks for them.
    hidden = query.flag("os_hidden")
    condition = Q(os_hidden=bool(hidden))
    if (protected := query.flag("protected")) is not None:
        condition &= Q(protected=protected)
    names = query.some("name")
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
    for tag in query.values.get("tag", []):
        condition &= Q(Exists(ImageTag.objects.filter(image=OuterRef("pk"), name=tag)))
    steps: list[Narrow] = [lambda images: images.filter(condition), *_by_status(query)]
    steps += [_by_moment(query, n) for n in ("created_at", "updated_at") if n in query.values]
    if names is not None and len(names) == 1:
        steps.append(lambda images: images.named(names[0]))
    return steps


def _by_status(query: Query) -> list[Narrow]:
    statuses = query.some("status")
    if statuses is None:
        return []
    known = (*STATUSES, *NEVER_HERE)
    if any(status not in known for status in statuses):
        raise BadInput(f"status: of {', '.join(known)}; or in: and several.")
    return [lambda images: images.with_status(*statuses)]


def _by_moment(query: Query, name: str) -> Narrow:
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
    return lambda images: images.filter(compared(listed(images, name), at))


def _no_moment(name: str) -> BadInput:
    return BadInput(
        f"{name}: a date and time such as 2026-11-23T09:50:19Z, after one of "
        f"{', '.join(f'{operator}:' for operator in COMPARED)} or nothing."
    )


def _by_own_facts(query: Query) -> list[Narrow]:
    steps: list[Narrow] = []
    if BASE_IMAGE in query.values:
        parent = parent_id(query.text(BASE_IMAGE))
        steps.append(lambda images: images.filter(base_image_ref=parent))
    if REDISTRIBUTABLE in query.values:
        wanted = flag_of(REDISTRIBUTABLE, query.text(REDISTRIBUTABLE))
        steps.append(lambda images: images.filter(redistributable=wanted))
    if ACKNOWLEDGED in query.values:
        open_still = not flag_of(ACKNOWLEDGED, query.text(ACKNOWLEDGED))
        steps.append(lambda images: images.filter(export_acknowledged_at__isnull=open_still))
    return steps


def _by_properties(query: Query) -> list[Narrow]:
    """Any other parameter is a custom property."""

    def by(name: str, value: str) -> Narrow:
        return lambda images: images.with_property(name, value)

    known = {parameter.name for parameter in IMAGE_LIST}
    return [by(name, query.text(name)) for name in query.values if name not in known]
