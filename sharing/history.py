from collections.abc import Sequence
from itertools import batched

from django.utils import timezone

from sharing.errors import Gone
from sharing.models import Event, Image
from sharing.models.event import Verb
from sharing.models.membership import Touched
from sharing.tenancy import Actor

EVENTS_A_STATEMENT = 2000


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
    images = (
        {of.pk: of}
        if of
        else Image.objects.only("name", "owner").in_bulk({row.image_id for row in touched})
    )
    now = timezone.now()
    for part in batched(touched, EVENTS_A_STATEMENT):
        Event.objects.append([
            Event(
                at=now, verb=verb, image_id=row.image_id, image_name=images[row.image_id].name,
                owner_id=images[row.image_id].owner_id, member_id=row.member_id, offer_id=row.id,
                actor=by.user, actor_tenant_id=by.tenant_id, note=note,
            )
            for row in part
        ])  # fmt: skip


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
