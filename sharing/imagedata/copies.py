"""Keeps true what memberships copied from their image, so that a member's lists go by one index."""

import logging
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import batched
from uuid import UUID

from django.db import DatabaseError
from django.db.models import Exists, OuterRef, Q
from django.tasks import task
from django.utils import timezone

from sharing.errors import Gone
from sharing.handshake.locking import lock
from sharing.models import Image, Membership
from sharing.paging import in_batches
from sharing.transactions import whole

log = logging.getLogger(__name__)
ROWS_A_TRANSACTION = 1000
IMAGES_A_TASK = 500
ATTEMPTS = 5
# Whoever waits for a mail or an import does not wait for a million rows.
BEHIND_OTHERS = -50
# What changes with the image: its ID and owner do not.
COPIES = {copy: name for name, copy in Membership.LISTED.items() if name != "id"}


def tell_memberships(image_ids: Iterable[UUID]) -> None:
    """A task writes anew what the memberships of these images copied: there may be a million of them.

    Called in the transaction of the change, behind it: the task is there if and only if the change is.
    """
    for part in batched(image_ids, IMAGES_A_TASK):
        shared = Image.objects.filter(Exists(Membership.objects.filter(image=OuterRef("pk"))))
        if ids := [str(pk) for pk in shared.filter(pk__in=part).values_list("pk", flat=True)]:
            copy_to_memberships.enqueue(ids)


@task(priority=BEHIND_OTHERS)
def copy_to_memberships(image_ids: list[str], attempt: int = 1) -> None:
    """What fails is tried again, ever less often; what is left then, `mend` finds."""
    failed = []
    for image_id in image_ids:
        try:
            copy_to_all(UUID(image_id))
        except DatabaseError:
            failed.append(image_id)
            log.exception("The memberships of image %s were not told that it changed.", image_id)
    if failed and attempt < ATTEMPTS and copy_to_memberships.get_backend().supports_defer:
        later = timezone.now() + timedelta(minutes=attempt**2)
        copy_to_memberships.using(run_after=later).enqueue(failed, attempt + 1)


def mend() -> Iterator[Image]:
    """Writes the copies that differ from their image, of all images; gives each image that had some."""
    differs = ~Q(**{copy: OuterRef(name) for copy, name in COPIES.items()})
    stale = Membership.objects.filter(differs, image=OuterRef("pk"))
    for batch in in_batches(Image.objects.filter(Exists(stale))):
        for image in batch:
            copy_to_all(image.pk)
            yield image


def copy_to_all(image_id: UUID) -> None:
    last: int | None = 0
    while last is not None:
        last = _copy_to_some(Image(pk=image_id), last)


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
    # Named with the image, by which the table may be partitioned.
    some = Membership.objects.filter(image_id=image.pk, pk__in=keys)
    some.exclude(**values).update(**values)
    return keys[-1] if len(keys) == ROWS_A_TRANSACTION else None
