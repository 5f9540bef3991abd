"""Takes an image's data in one go, from a sender that does not resume: it arrives whole, or not at all."""

from django.db.models import F

from sharing.errors import BadData, BadInput, QuotaExceeded
from sharing.imagedata import imports, intake, store
from sharing.imagedata.handin import Read
from sharing.imagedata.intake import Digests
from sharing.imagedata.quota import within_byte_quota
from sharing.models import Image, Upload
from sharing.tenancy import Actor
from sharing.transactions import rest_connection, whole

# Bytes that are reserved at a time where nobody said how many come.
STEP = 2**24


def receive_whole(image: Image, read: Read, length: int | None, *, by: Actor) -> None:
    """Takes the data that `read` gives, verifies it on the way, and makes the image active.

    `length`: how many bytes come; None where nobody knows: they count against the quota as they arrive.
    Refused: as `imports.begin` and `imports.receive`; fewer bytes than announced, more, or none (BadInput). Whatever is
    refused leaves the image queued, and nothing of the data.
    """
    upload = imports.begin(image, 1 if length is None else length, by=by)
    try:
        _receive(upload, read, length, by)
    except BadData as error:
        imports.refuse(upload, error, by=by)
        raise
    except BaseException:
        imports.cancel(upload, by=by)
        raise


def _receive(upload: Upload, read: Read, length: int | None, by: Actor) -> None:
    arrived, reserved = 0, upload.length
    stop = imports.LONGEST if length is None else length
    rest_connection()
    with Digests(upload.image.disk_format) as digests:
        for chunk in intake.append(store.part_of(upload.pk), read, 0, stop):
            arrived += len(chunk)
            if arrived > reserved:
                reserved += _reserve(upload, arrived - reserved)
                rest_connection()
            digests.feed(chunk)
        if not arrived or arrived != (length or arrived):
            raise BadInput(
                f"body: it ended after {arrived} bytes of {length or 'at least one'}. Nothing of it is kept."
            )
        if read(1):
            raise BadInput(f"body: more than {stop} bytes came. Nothing of it is kept.")
        verified = digests.result()
    Upload.objects.filter(pk=upload.pk).update(length=arrived)
    imports.complete(upload, verified, by)


def _reserve(upload: Upload, needed: int) -> int:
    """How many more bytes the upload may take now: a STEP beyond those needed, where the quota has them left."""
    try:
        return _reserved(upload, needed + STEP)
    except QuotaExceeded:
        return _reserved(upload, needed)


@whole
def _reserved(upload: Upload, more: int) -> int:
    within_byte_quota(upload.image.owner_id, more)
    Upload.objects.filter(pk=upload.pk).update(length=F("length") + more)
    return more
