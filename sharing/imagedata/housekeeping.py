"""Puts right what crashes, broken connections and changed licence rules leave behind.

Data that an image refers to is never removed. What is found is yielded as it is found, so memory stays flat.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from sharing.imagedata import imports, licences, store
from sharing.imagedata.intake import Hashes
from sharing.imagedata.store import Stored
from sharing.models import Image, TenantUser, Upload
from sharing.paging import BATCH, in_batches
from sharing.printable import printable, size
from sharing.tenancy import Actor
from sharing.transactions import whole

# A file without an owner may be one that is just being written.
GRACE = timedelta(hours=1)
# All attempts at settling, an hour of waiting between them included, have ended by then.
STUCK = timedelta(hours=6)
UUID_TEXT = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OURS = re.compile(rf"[0-9a-f]{{2}}/(?P<image>{UUID_TEXT})\.(?P<upload>{UUID_TEXT})")
PART = re.compile(rf"(?P<upload>{UUID_TEXT})\.part")


class Found(NamedTuple):
    """A sentence on what was put right; `bad`: on data that is missing or damaged, which nobody can put right here."""

    what: str
    bad: bool = False


@dataclass(slots=True)
class Census:
    """How many files of the image store images refer to, and how many nobody does."""

    referred: int = 0
    strays: int = 0

    @property
    def is_of_another_database(self) -> bool:
        return bool(self.strays) and not self.referred


def end_resting_uploads(*, by: Actor, dry_run: bool = False) -> Iterator[Found]:
    """Ends uploads on which nothing arrived for UPLOAD_EXPIRY hours; their images stay queued."""
    before = timezone.now() - timedelta(hours=settings.UPLOAD_EXPIRY)
    for batch in in_batches(Upload.objects.select_related("image").filter(begun_at__lt=before)):
        for upload in batch:
            latest = _latest_byte(upload)
            # Looked at anew: since the batch was fetched it may have begun to be verified.
            resting = Upload.objects.filter(pk=upload.pk, settling=False)
            if latest < before and resting.exists():
                if not dry_run:
                    imports.cancel(upload, by=by)
                yield Found(
                    f"Ended the import of {_told(upload.image)}: nothing arrived since {latest:%Y-%m-%d %H:%M} UTC."
                )


def settle_stuck_uploads(*, dry_run: bool = False) -> Iterator[Found]:
    """Hands uploads that have been settling without end to a new task; two at once do no harm."""
    before = timezone.now() - STUCK
    settling = Upload.objects.select_related("image").filter(settling=True, begun_at__lt=before)
    for batch in in_batches(settling):
        for upload in batch:
            if _latest_byte(upload) < before:
                if not dry_run:
                    begun_for = (upload.image.owner_id, TenantUser.Role.MANAGER)
                    imports.settle_later.enqueue(str(upload.pk), upload.begun_by, *begun_for)
                yield Found(
                    f"Verifying the data of {_told(upload.image)} anew: the attempt before did not end."
                )


def take_census() -> Iterator[Found | Census]:
    """Compares the sizes in the image store with the records; the last that it yields is the census."""
    census = Census()
    for batch in batched(store.image_store().stored(), BATCH):
        strays = {stored.name for stored in _strays(batch)}
        images = _images_by_data(batch)
        census.strays += len(strays)
        for stored in batch:
            if image := images.get(stored.name):
                census.referred += 1
                if image.size != stored.size and _refers(image):
                    told = f"it has {stored.size} bytes, its record says {image.size}"
                    yield Found(f"DAMAGED: {_told(image)}: {told}.", bad=True)
    yield census


def find_missing() -> Iterator[Found]:
    """Tells images whose data is not in the image store."""
    for batch in in_batches(Image.objects.stored()):
        for image in batch:
            if not store.image_store().exists(image.data) and _refers(image):
                yield Found(
                    f"MISSING: {_told(image)}: {image.data} is not in the image store.", bad=True
                )


def remove_strays(*, dry_run: bool = False) -> Iterator[Found]:
    """Removes data that no image refers to, and what attempts at storing left when they broke off."""
    images = store.image_store()
    for batch in batched(images.stored(), BATCH):
        # Judged anew, whatever the census said: an import may have ended since.
        for stored in _strays(batch):
            if not dry_run:
                images.delete(stored.name)
            yield Found(
                f"Removed {stored.name}, {size(stored.size)}: no image refers to this data."
            )
    before = timezone.now() - GRACE
    for unfinished in images.unfinished():
        if unfinished.begun < before:
            if not dry_run:
                unfinished.remove()
            yield Found(f"Removed {printable(unfinished.name, 200)}: storing it broke off.")


def remove_stray_parts(*, dry_run: bool = False) -> Iterator[Found]:
    """Removes part files of which there is no upload any more."""
    before = (timezone.now() - GRACE).timestamp()
    for batch in batched(store.uploads_folder().glob("*.part"), BATCH):
        uploads = {
            UUID(ours["upload"]): path for path in batch if (ours := PART.fullmatch(path.name))
        }
        for pk in uploads.keys() - _standing(uploads):
            path = uploads[pk]
            if path.exists() and path.stat().st_mtime < before:
                if not dry_run:
                    path.unlink(missing_ok=True)
                yield Found(f"Removed {path.name}: there is no upload of that name any more.")


def remove_stray_form_files(*, dry_run: bool = False) -> Iterator[Found]:
    """Removes files of forms whose request was killed: nothing was written to them for long."""
    before = (timezone.now() - STUCK).timestamp()
    for path in store.uploads_folder().glob("tmp*.upload*"):
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < before:
                if not dry_run:
                    path.unlink()
                yield Found(
                    f"Removed {printable(path.name, 200)}: the request that brought it ended."
                )


def settle_licences(*, dry_run: bool = False) -> int:
    """Settles the licence restrictions of all images by LICENCE_RULES as they are now; how many carry another one."""
    changed = 0
    for batch in in_batches(Image.objects.all()):
        other = [image.pk for image in batch if licences.own_licence(image) != _carried(image)]
        changed += len(other)
        if not dry_run:
            _settle(other, [image.pk for image in batch])
    return changed


def verify(advance: Callable[[int], object]) -> Iterator[Found]:
    """Reads all data that images refer to and compares it with their records; `advance` is told how many bytes."""
    for batch in in_batches(Image.objects.stored()):
        for image in batch:
            if (wrong := _wrong(image, advance)) and _refers(image):
                yield Found(f"DAMAGED: {_told(image)}: {wrong}.", bad=True)


def _wrong(image: Image, advance: Callable[[int], object]) -> str:
    length = 0
    with Hashes() as hashes:
        try:
            for chunk in store.image_store().stream(image.data, 0, image.size):
                hashes.feed(chunk)
                length += len(chunk)
                advance(len(chunk))
        except OSError as error:
            return f"it cannot be read: {printable(error, 200)}"
        checksum, os_hash_value = hashes.hexadecimal()
    told = {
        f"{length} bytes instead of {image.size}": length != image.size,
        "its MD5 is not that of the record": checksum != image.checksum,
        "its SHA-512 is not that of the record": os_hash_value != image.os_hash_value,
    }
    return ", ".join(sentence for sentence, applies in told.items() if applies)


def _strays(batch: Sequence[Stored]) -> list[Stored]:
    """The files of image data that belong to no image, nor to an import under way; others are not Proffer's.

    An import ends its upload and gives its image the data in one commit. So who has neither, asked in this order,
    never gets it.
    """
    before = timezone.now() - GRACE
    old = {s: found for s in batch if s.changed < before and (found := OURS.fullmatch(s.name))}
    uploads = _standing({UUID(found["upload"]) for found in old.values()})
    referred = _images_by_data(list(old))
    return [s for s in old if s.name not in referred and UUID(old[s]["upload"]) not in uploads]


def _standing(uploads: Collection[UUID]) -> set[UUID]:
    return set(Upload.objects.filter(pk__in=uploads).values_list("pk", flat=True))


def _images_by_data(batch: Sequence[Stored]) -> dict[str, Image]:
    ids = {UUID(found["image"]) for stored in batch if (found := OURS.fullmatch(stored.name))}
    rows = Image.objects.filter(pk__in=ids).stored().only("name", "owner", "data", "size")
    return {image.data: image for image in rows}


def _refers(image: Image) -> bool:
    """Whether it still does: it may have been deleted while its data was looked at."""
    return Image.objects.filter(pk=image.pk, data=image.data).exists()


def _carried(image: Image) -> str:
    return image.restriction if image.restriction_origin == image.pk else ""


@whole
def _settle(changed: Sequence[UUID], all_of_them: Sequence[UUID]) -> None:
    if changed:
        rows = Image.objects.select_for_update(no_key=True).filter(pk__in=changed).order_by("pk")
        licences.settle(rows)
    # Heals what an image inherits that was made while its parent's restriction changed.
    licences.pass_on(all_of_them)


def _latest_byte(upload: Upload) -> datetime:
    try:
        written = store.part_of(upload.pk).stat().st_mtime
    except FileNotFoundError:
        return upload.begun_at
    return max(upload.begun_at, datetime.fromtimestamp(written, tz=UTC))


def _told(image: Image) -> str:
    return f"image {image.pk} “{printable(image)}” of tenant {image.owner_id}"
