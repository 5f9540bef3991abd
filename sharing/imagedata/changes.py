"""Changes an image's record, by its owner: a draft, edited while the row is locked, written whole or not at all."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from sharing.errors import BadInput, Conflict, NotAllowed, QuotaExceeded
from sharing.handshake.locking import lock
from sharing.history import record
from sharing.imagedata import exports, licences
from sharing.imagedata.copies import tell_memberships
from sharing.imagedata.records import register_parent, set_protected
from sharing.models import Image, ImageTag, Upload
from sharing.models.copied import words_of
from sharing.models.event import NOTE_MAX, Verb
from sharing.models.membership import Touched
from sharing.tenancy import Actor, owner_acts
from sharing.transactions import whole

PROPERTIES_MAX = TAGS_MAX = 128
# Characters of all names and values together: whoever is offered the image loads them.
PROPERTIES_LENGTH_MAX = 2**16
FACTS = (
    "name",
    "visibility",
    "min_disk",
    "min_ram",
    "os_hidden",
    "disk_format",
    "container_format",
)
# What the data has settled; open while the image waits for it.
FORMATS = ("disk_format", "container_format")


@dataclass
class Draft:
    """An image's record while it is edited: its facts by name, its custom properties, its tags."""

    facts: dict[str, Any]
    properties: dict[str, str]
    tags: set[str]
    protected: bool
    redistributable: bool
    acknowledged: bool
    base_image_ref: UUID | None


@whole
def change_image(image: Image, edit: Callable[[Draft], None], *, by: Actor) -> Image:
    """Applies `edit` to the record as it stands; returns the image as it is then. What does not differ is not written.

    Refused: not the owner's manager or an operator (NotAllowed); a format once the data is here, a property that a
    licence rule restricts the image by, a word on its export taken back (NotAllowed); another parent than the
    registered one (Conflict); more properties or tags than PROPERTIES_MAX and TAGS_MAX (QuotaExceeded); gone (Gone);
    whatever `edit` raises.
    """
    owner_acts(image, by=by)
    locked = lock(image, no_key=True)
    before = _draft(locked)
    draft = deepcopy(before)
    edit(draft)
    _check(locked, before, draft)
    changed = [name for name in FACTS if draft.facts[name] != before.facts[name]]
    if draft.properties != before.properties:
        changed.append("properties")
    if draft.tags != before.tags:
        changed.append("tags")
        _set_tags(locked, draft.tags)
    if changed:
        _write(locked, draft, changed, by)
    _set_words(locked, before, draft, by)
    return Image.objects.get(pk=locked.pk)


def _draft(image: Image) -> Draft:
    return Draft(
        facts={name: getattr(image, name) for name in FACTS},
        properties=dict(image.properties),
        tags={tag.name for tag in image.tags.all()},
        protected=image.protected,
        redistributable=image.redistributable,
        acknowledged=image.export_acknowledged_at is not None,
        base_image_ref=image.base_image_ref,
    )


def _check(image: Image, before: Draft, draft: Draft) -> None:
    if any(draft.facts[name] != before.facts[name] for name in FORMATS) and (
        image.status != Image.Status.QUEUED or Upload.objects.filter(image=image).exists()
    ):
        raise NotAllowed(
            "disk_format and container_format can be changed only before the data comes."
        )
    check_limits(draft.properties, draft.tags)
    # Judged by the properties alone: an operator's mark hides no rule.
    licence = licences.licence_by_rule(before.properties)
    if licence and licences.licence_by_rule(draft.properties) != licence:
        names = ", ".join(sorted({rule.name for rule in settings.LICENCE_RULES}))
        raise NotAllowed(
            f"A licence ({licence}) restricts this image by its properties ({names}): only an operator lifts that."
        )
    if before.base_image_ref and draft.base_image_ref != before.base_image_ref:
        raise Conflict("base_image_ref: what an image was made from is registered once, and stays.")
    if before.acknowledged and not draft.acknowledged:
        raise NotAllowed("export_acknowledged: what was acknowledged stays in the record.")


def check_limits(properties: dict[str, str], tags: set[str]) -> None:
    """QuotaExceeded for more of either than an image can have."""
    if len(properties) > PROPERTIES_MAX:
        raise QuotaExceeded(f"An image has at most {PROPERTIES_MAX} custom properties.")
    if sum(len(name) + len(value) for name, value in properties.items()) > PROPERTIES_LENGTH_MAX:
        raise QuotaExceeded(
            f"The custom properties of an image have at most {PROPERTIES_LENGTH_MAX} characters together."
        )
    if len(tags) > TAGS_MAX:
        raise QuotaExceeded(f"tags: an image has at most {TAGS_MAX}.")


def _set_tags(image: Image, tags: set[str]) -> None:
    ImageTag.objects.filter(image=image).exclude(name__in=tags).delete()
    ImageTag.objects.bulk_create(
        (ImageTag(image=image, name=name) for name in tags), ignore_conflicts=True
    )


def _write(image: Image, draft: Draft, changed: list[str], by: Actor) -> None:
    words = words_of(draft.facts["name"], draft.tags)
    Image.objects.filter(pk=image.pk).update(
        **draft.facts, properties=draft.properties, words=words, updated_at=timezone.now()
    )
    if words != image.words:
        tell_memberships([image.pk])
    if licences.licence_by_rule(draft.properties):
        licences.settle([image])
    told = ", ".join(changed)
    if "visibility" in changed:
        told = f"{told}: {image.visibility} to {draft.facts['visibility']}"
    record(Verb.CHANGED, [Touched(None, image.pk, "")], by=by, note=told[:NOTE_MAX], of=image)


def _set_words(image: Image, before: Draft, draft: Draft, by: Actor) -> None:
    """What has a verb of its own, and its own line in the history."""
    if draft.protected != before.protected:
        set_protected(image, draft.protected, by=by)
    if draft.redistributable != before.redistributable:
        exports.set_redistributable(image, draft.redistributable, by=by)
    if draft.acknowledged != before.acknowledged:
        exports.acknowledge(image, by=by)
    if draft.base_image_ref and draft.base_image_ref != before.base_image_ref:
        register_parent(image, draft.base_image_ref, by=by)


def flag_of(name: str, value: object) -> bool:
    """A property that says whether something is so: "true" or "false", in any case."""
    told = value.lower() if isinstance(value, str) else value
    if told not in ("true", "false"):
        raise BadInput(f'{name}: "true" or "false".')
    return told == "true"
