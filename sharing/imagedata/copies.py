"""Keeps true what memberships copied from their image, so that a member's lists go by one index."""

from collections.abc import Iterable
from itertools import batched
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.tasks import task

from sharing.errors import Gone
from sharing.handshake.locking import lock
from sharing.models import Image, Membership
from sharing.transactions import whole

ROWS_A_TRANSACTION = 1000
IMAGES_A_TASK = 500
COPIES = {"image_words": "words", "image_size": "size", "image_created_at": "created_at"}


def tell_memberships(image_ids: Iterable[UUID]) -> None:
    """After the commit a task writes anew what the memberships of these images copied: there may be a million."""
    for part in batched(image_ids, IMAGES_A_TASK):
        shared = Image.objects.filter(Exists(Membership.objects.filter(image=OuterRef("pk"))))
        if ids := [str(pk) for pk in shared.filter(pk__in=part).values_list("pk", flat=True)]:
            transaction.on_commit(lambda ids=ids: copy_to_memberships.enqueue(ids))  # type: ignore[misc]


@task
def copy_to_memberships(image_ids: list[str]) -> None:
    for image_id in image_ids:
        last: int | None = 0
        while last is not None:
            last = _copy_to_some(Image(pk=UUID(image_id)), last)


@whole
def _copy_to_some(image: Image, after: int) -> int | None:
    """Writes the copies of the image's next memberships; returns the last one's key, None where none is left.

    The image is locked, so that no copy of an older state overtakes that of a newer one.
    """
    try:
        locked = lock(image, no_key=True)
    except Gone:
        return None
    rows = Membership.objects.filter(image_id=image.pk, pk__gt=after).order_by("pk")
    keys = list(rows.values_list("pk", flat=True)[:ROWS_A_TRANSACTION])
    values = {copy: getattr(locked, name) for copy, name in COPIES.items()}
    same = Q(**values)
    Membership.objects.filter(pk__in=keys).exclude(same).update(**values)
    return keys[-1] if len(keys) == ROWS_A_TRANSACTION else None
