"""Makes image records, and says what they were made from."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from sharing.errors import BadInput, Conflict, Gone
from sharing.history import record, switch
from sharing.imagedata import licences
from sharing.imagedata.quota import within_image_quota
from sharing.models import Event, Image, ImageTag, Tenant
from sharing.models.copied import words_of
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.models.prepared import Prepared
from sharing.tenancy import Actor, owner_acts
from sharing.transactions import whole

LINEAGE_DEPTH = 5
DEEPEST = 100

# Whose an image is, and what it was made from.
type Origin = tuple[str, UUID | None]


@dataclass(frozen=True, slots=True)
class Facts:
    """What a new image is said to be. The form or command that made it has checked each value's form."""

    name: str = ""
    disk_format: str = ""
    container_format: str = "bare"
    visibility: str = Image.Visibility.SHARED
    os_hidden: bool = False
    min_disk: int = 0
    min_ram: int = 0
    protected: bool = False
    redistributable: bool = False
    base_image_ref: UUID | None = None
    properties: dict[str, str] = field(default_factory=dict)
    tags: Collection[str] = ()


@whole
def create_image(facts: Facts, *, owner: Tenant, image_id: UUID | None = None, by: Actor) -> Image:
    """Makes a queued image of the tenant, waiting for its data. It inherits its parent's licence restriction.

    `image_id`: where whoever makes it has chosen one; Conflict where it is taken.
    Refused: a reader, or another tenant's user (NotAllowed); a parent that the owner cannot see (BadInput); more
    images than the tenant may have (QuotaExceeded).
    """
    image = Image(
        owner=owner, name=facts.name, disk_format=facts.disk_format, container_format=facts.container_format,
        visibility=facts.visibility, os_hidden=facts.os_hidden, min_disk=facts.min_disk, min_ram=facts.min_ram,
        protected=facts.protected, redistributable=facts.redistributable, base_image_ref=facts.base_image_ref,
        properties=facts.properties, words=words_of(facts.name, facts.tags),
    )  # fmt: skip
    owner_acts(image, by=by)
    within_image_quota(owner.pk)
    parent = visible_parent(facts.base_image_ref, owner.pk) if facts.base_image_ref else None
    if image_id:
        image.pk = _unused(image_id, owner.pk)
    licences.inherit(image, parent)
    try:
        with transaction.atomic():
            image.save(force_insert=True)
    except IntegrityError as error:
        raise Conflict(f"id: there is an image {image.pk} already.") from error
    ImageTag.objects.bulk_create(ImageTag(image=image, name=name) for name in set(facts.tags))
    record(Verb.CREATED, [Touched(None, image.pk, "")], by=by)
    return image


def _unused(image_id: UUID, owner_id: str) -> UUID:
    """Conflict where the ID was another tenant's image's, or may have been: its children look to it still."""
    history = Event.objects.filter(image_id=image_id)
    children = Image.objects.filter(Q(base_image_ref=image_id) | Q(restriction_origin=image_id))
    its_own = history.filter(owner_id=owner_id).exists()
    if history.exclude(owner_id=owner_id).exists() or (not its_own and children.exists()):
        raise Conflict(f"id: {image_id} is, or was, that of another image.")
    return image_id


@whole
def register_parent(image: Image, parent_id: UUID, *, by: Actor) -> Image:
    """Registers what the image was made from, once and for all; it and what was made from it inherit its restriction.

    Refused: not the owner's manager or an operator (NotAllowed); it has a parent already (Conflict); one that the
    owner cannot see, or that was made from the image itself (BadInput); gone (Gone).
    """
    owner_acts(image, by=by)
    parent = visible_parent(parent_id, image.owner_id)
    if image.pk in {parent.pk, *(pk for pk, _ in ancestors(parent))}:
        raise BadInput("Made from: that image was made from this one.")
    if not Image.objects.filter(pk=image.pk, base_image_ref=None).update(base_image_ref=parent.pk):
        if Image.objects.filter(pk=image.pk).exists():
            raise Conflict("What this image was made from is registered already, and stays.")
        raise Gone("This image was deleted meanwhile.")
    licences.pass_on([parent.pk])
    record(Verb.DERIVED, [Touched(None, image.pk, "")], by=by, note=str(parent.pk))
    return parent


@whole
def set_protected(image: Image, protected: bool, *, by: Actor) -> bool:
    """Protects the image from deletion, or lifts that. False: it was so already.

    Refused: not the owner's manager or an operator (NotAllowed); gone (Gone).
    """
    owner_acts(image, by=by)
    return switch(
        image, Verb.PROTECTED if protected else Verb.UNPROTECTED, by=by, protected=protected
    )


def parent_id(text: str) -> UUID | None:
    """The parent that a text names; None where it is empty. BadInput for what is no UUID."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise BadInput(
            "base_image_ref: the UUID of the image that this one was made from."
        ) from error


def visible_parent(parent_id: UUID, tenant_id: str) -> Image:
    """The parent, locked, so that no restriction comes on it meanwhile; called in a transaction.

    BadInput where the tenant can see no such image, whether there is one or not.
    """
    rows = Image.objects.visible_to(tenant_id).select_for_update(no_key=True, of=("self",))
    parent = rows.filter(pk=parent_id).first()
    if parent is None:
        raise BadInput(
            f"Made from: {parent_id} is no image that tenant {tenant_id} owns or that is shared to it."
        )
    return parent


def lineage(actor: Actor, image: Image) -> list[Image | UUID]:
    """What the image was made from, nearest first; a bare UUID, the last, is one that the tenant cannot see."""
    trail: list[Image | UUID] = []
    seen, ref = {image.pk}, image.base_image_ref
    while ref and ref not in seen and len(trail) < LINEAGE_DEPTH:
        seen.add(ref)
        parent = Image.objects.visible_to(actor.tenant_id).filter(pk=ref).first()
        trail.append(parent or ref)
        ref = parent.base_image_ref if parent else None
    return trail


def ancestors(
    image: Image, known: Mapping[UUID, Origin] | None = None
) -> Iterator[tuple[UUID, str | None]]:
    """The line that the image was made from, nearest first, with owners; None for what is gone or too far up.

    `known`: what `origins` told of it and of others, at once; without it, the line is read image by image.
    """
    seen: set[UUID] = set()
    ref = image.base_image_ref
    while ref and ref not in seen:
        found = None
        if len(seen) < DEEPEST:
            found = _origin_of(ref) if known is None else known.get(ref)
        seen.add(ref)
        owner_id, parent = found or (None, None)
        yield ref, owner_id
        ref = parent


def origins(images: Iterable[Image]) -> dict[UUID, Origin]:
    """All that the images were made from, as `ancestors` takes it: a statement for each generation."""
    known: dict[UUID, Origin] = {}
    asked: set[UUID] = set()
    refs = {image.base_image_ref for image in images if image.base_image_ref}
    for _ in range(DEEPEST):
        if not refs:
            break
        asked |= refs
        found = {pk: (owner_id, parent) for pk, owner_id, parent in _origins(*refs)}
        known |= found
        refs = {parent for _, parent in found.values() if parent} - asked
    return known


def _origin_of(image_id: UUID) -> Origin | None:
    found = _origins.first(image_id)
    return found[1:] if found else None


@Prepared
def _origins(*image_ids: UUID) -> QuerySet[Image, tuple[UUID, str, UUID | None]]:
    return Image.objects.filter(pk__in=image_ids).values_list("pk", "owner_id", "base_image_ref")
