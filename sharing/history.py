from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sharing.errors import Gone
from sharing.models import Event, Image
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.tenancy import Actor


def record(
    verb: Verb,
    touched: Sequence[Touched],
    *,
    by: Actor,
    note: str = "",
    of: Image | None = None,
) -> None:
    """Appends one event for each membership touched; called in the transaction of the change, before its images go.

    `of`: the image of all of them, where the caller has it at hand.
    """
    like = Event(verb=verb, actor=by.user, actor_tenant_id=by.tenant_id, note=note)
    each: dict[str, list[Any]] = {
        "member_id": [row.member_id for row in touched], "offer_id": [row.id for row in touched],
    }  # fmt: skip
    images = [of.pk] if of else list({row.image_id for row in touched})
    facts = {of.pk: (of.name, of.owner_id)} if of else _names_and_owners(images)
    if len(images) == 1:
        like.image_id, (like.image_name, like.owner_id) = images[0], facts[images[0]]
    else:
        each["image_id"] = [row.image_id for row in touched]
        each["image_name"] = [facts[row.image_id][0] for row in touched]
        each["owner_id"] = [facts[row.image_id][1] for row in touched]
    Event.objects.append(like, **each)


def _names_and_owners(image_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
    found = Image.objects.filter(pk__in=image_ids).values_list("pk", "name", "owner_id")
    return {image_id: (name, owner_id) for image_id, name, owner_id in found}


def switch(image: Image, verb: Verb, *, by: Actor, **value: bool) -> bool:
    """Sets a flag of the image where it differs, and records that; called in a transaction. False: it was so already.

    Refused: the image is gone (Gone). Who may do it, the caller has made sure.
    """
    found = Image.objects.filter(pk=image.pk)
    changed = found.exclude(**value).update(**value)
    if changed:
        record(verb, [Touched(None, image.pk, "")], by=by)
    elif not found.exists():
        raise Gone("This image was deleted meanwhile.")
    return bool(changed)
