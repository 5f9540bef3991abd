"""Which licence restricts an image, and how that is inherited along `base_image_ref`.

The origin of a restriction is the nearest image up the line that carries it itself. It is stored with each image,
so it holds where the parent belongs to another tenant or is gone, and only an operator lifts it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import batched
from uuid import UUID

from django.conf import settings
from django.db.models import F

from sharing.errors import NotAllowed
from sharing.history import switch
from sharing.models import Image, returning
from sharing.models.event import Verb
from sharing.tenancy import Actor
from sharing.transactions import whole

MARK = "marked by an operator"
IDS_A_STATEMENT = 1000


def own_licence(image: Image) -> str:
    """The licence that restricts the image by itself; empty where none does."""
    return MARK if image.licence_marked else licence_by_rule(image.properties)


def licence_by_rule(properties: Mapping[str, object]) -> str:
    """The licence of the first of LICENCE_RULES that the properties meet; empty where they meet none."""
    for rule in settings.LICENCE_RULES:
        if str(properties.get(rule.name, "")).strip().casefold() == rule.value:
            return str(rule.licence)
    return ""


def inherit(image: Image, parent: Image | None) -> None:
    """Sets the restriction of an image that is not saved yet: its own, else its parent's."""
    if licence := own_licence(image):
        image.restriction, image.restriction_origin = licence, image.pk
    elif parent is not None:
        image.restriction = parent.restriction
        image.restriction_origin = parent.restriction_origin


def settle(images: Iterable[Image]) -> None:
    """Settles the restriction of images that were just made or changed, and of all that were made from them."""
    for part in batched(images, IDS_A_STATEMENT):
        # As they stand: what was loaded does not know of an operator's mark.
        batch = Image.objects.in_bulk([image.pk for image in part]).values()
        by_licence = defaultdict(list)
        for image in batch:
            by_licence[own_licence(image)].append(image.pk)
        for pk in _own(by_licence.pop("", ())):
            _lift(pk)
        for licence, ids in by_licence.items():
            Image.objects.filter(pk__in=ids).update(restriction=licence, restriction_origin=F("pk"))
        parents = {image.base_image_ref for image in batch if image.base_image_ref}
        pass_on({image.pk for image in batch} | parents)


def pass_on(ids: Collection[UUID]) -> None:
    """Passes restrictions on to children, generation by generation; one that carries its own keeps it."""
    generation, passed_on = list(ids), set()
    while generation:
        families: dict[tuple[str, UUID | None], list[UUID]] = defaultdict(list)
        for pk, licence, origin in _restricted(generation):
            # Images that are made from each other would hand two restrictions round for ever.
            if (pk, origin) not in passed_on:
                passed_on.add((pk, origin))
                families[licence, origin].append(pk)
        generation = [
            child
            for (licence, origin), parents in families.items()
            for child in _restrict_children(parents, licence, origin)
        ]


def _restricted(ids: list[UUID]) -> Iterator[tuple[UUID, str, UUID | None]]:
    for batch in batched(ids, IDS_A_STATEMENT):
        found = Image.objects.filter(pk__in=batch, restriction_origin__isnull=False)
        yield from found.values_list("pk", "restriction", "restriction_origin")


@whole
def mark(image: Image, *, by: Actor) -> bool:
    """An operator marks the image: only operators export it and what was made from it. False: it was marked already."""
    return _set_mark(image, True, by)


@whole
def lift_mark(image: Image, *, by: Actor) -> bool:
    """An operator takes the mark off; what a rule or an ancestor says stands. False: it was not marked."""
    return _set_mark(image, False, by)


def _set_mark(image: Image, marked: bool, by: Actor) -> bool:
    if not by.is_operator:
        raise NotAllowed("Only an operator marks an image as restricted by a licence.")
    verb = Verb.RESTRICTED if marked else Verb.UNRESTRICTED
    changed = switch(image, verb, by=by, licence_marked=marked)
    if changed:
        settle([image])
    return changed


def _own(ids: Collection[UUID]) -> list[UUID]:
    """Those that carried a restriction themselves."""
    carried = Image.objects.filter(pk__in=ids, restriction_origin=F("pk"))
    return list(carried.values_list("pk", flat=True))


def _lift(pk: UUID) -> None:
    """Gives the image, and all whose restriction came from it, what its own parent has."""
    ref = Image.objects.filter(pk=pk).values("base_image_ref")
    parent = Image.objects.filter(pk__in=ref).exclude(restriction_origin=pk).first()
    Image.objects.filter(restriction_origin=pk).update(
        restriction=parent.restriction if parent else "",
        restriction_origin=parent.restriction_origin if parent else None,
    )


def _restrict_children(parents: list[UUID], licence: str, origin: UUID | None) -> list[UUID]:
    changed = []
    for batch in batched(parents, IDS_A_STATEMENT):
        children = Image.objects.filter(base_image_ref__in=batch)
        others = children.exclude(restriction_origin=F("pk")).exclude(
            restriction=licence, restriction_origin=origin
        )
        changed += returning.update(others, ("id",), restriction=licence, restriction_origin=origin)
    return [pk for (pk,) in changed]
