"""How an image comes to its data: made, announced, received, verified and stored. Data never changes afterwards."""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from sharing.errors import BadData, BadInput, Conflict, Gone, Protected, Refused
from sharing.history import record
from sharing.imagedata import intake, store
from sharing.imagedata.copies import tell_memberships
from sharing.imagedata.intake import HASH_ALGORITHM, Digests, Verified
from sharing.imagedata.quota import within_byte_quota
from sharing.models import Image, Upload
from sharing.models.event import NOTE_MAX, Verb
from sharing.models.membership import Touched
from sharing.tenancy import Actor, owner_acts
from sharing.transactions import rest_connection, whole

# Far more than any disk, and few enough that the sum over a tenant's images fits 64 bits.
LONGEST = 2**50
FILENAME_MAX = 255
ATTEMPTS = 6
# Bytes that a request may read once more: a few seconds' worth.
VERIFIED_AT_ONCE = 2**30
HAS_ITS_DATA = "This image has its data, and data never changes. A new version is a new image."
CANCELLED = "This import ended meanwhile: it was cancelled, or another request stored the data."


@whole
def begin(
    image: Image, length: int, *, filename: str = "", modified: int | None = None, by: Actor
) -> Upload:
    """Announces data of `length` bytes for a queued image. The same file announced again goes on where it stopped.

    `modified`: the file's last change in ms since 1970; without it no file is known to be the same.
    Refused: not the owner's manager or an operator (NotAllowed); no length, or none that a file can have (BadInput);
    the image has data, or another file is on its way (Conflict); it is on hold (Protected); more bytes than the
    tenant may keep (QuotaExceeded); gone (Gone).
    """
    owner_acts(image, by=by)
    if length == 0:
        raise BadInput("Length: this file is empty. An import has at least one byte.")
    if not 0 < length <= LONGEST:
        raise BadInput(f"Length: a whole number of bytes from 1 to {LONGEST}.")
    locked = _lock(image)
    same = {"length": length, "filename": filename[-FILENAME_MAX:], "modified": modified}
    standing = Upload.objects.filter(image=locked).first()
    if (
        standing
        and modified is not None
        and all(getattr(standing, name) == value for name, value in same.items())
    ):
        return standing
    if standing:
        raise Conflict(
            f"Another file is on its way to this image: {standing.filename or 'one without a name'}, "
            f"{standing.length} bytes. Go on with that one, or cancel it first."
        )
    within_byte_quota(locked.owner_id, length)
    return Upload.objects.create(image=locked, begun_by=by.user, **same)


def receive(upload: Upload, read: Callable[[int], bytes], offset: int, *, by: Actor) -> int:
    """Appends what `read` gives, up to the announced length; returns the new offset. All bytes here: verifies, stores.

    Data that came in one go is verified on the way, what is small once it is whole. What is large and came in several,
    or goes to a store far away, is left to a task: until it ends, the upload is `settling`.
    Refused: not the owner's manager or an operator (NotAllowed); `offset` is not where the upload stands (Conflict);
    not what it must be (BadData: the upload ends, the image stays queued); no room on the disk (StorageFull); the
    upload or its image is gone (Gone).
    """
    owner_acts(upload.image, by=by)
    part = store.part_of(upload.pk)
    if upload.settling or offset != intake.arrived(part):
        raise Conflict(f"Offset: this upload stands at {intake.arrived(part)} bytes, not {offset}.")
    in_one_go = offset == 0
    rest_connection()
    with Digests(upload.image.disk_format) if in_one_go else nullcontext() as digests:
        try:
            for chunk in intake.append(part, read, offset, upload.length):
                if digests:
                    digests.feed(chunk)
                offset += len(chunk)
            if offset == upload.length:
                complete(upload, digests.result() if digests else None, by)
        except BadData as error:
            refuse(upload, error, by=by)
            raise
        except FileNotFoundError as error:
            raise Gone(CANCELLED) from error
    return offset


def complete(upload: Upload, verified: Verified | None, by: Actor) -> None:
    """All bytes are here: verifies and stores them, or leaves that to a task; `verified` where they are already."""
    at_once = store.image_store().is_local()
    if at_once and verified is None and upload.length <= VERIFIED_AT_ONCE:
        verified = intake.digested(store.part_of(upload.pk), upload.image.disk_format)
    if at_once and verified:
        settle(upload, verified, by=by)
    elif Upload.objects.filter(pk=upload.pk, settling=False).update(settling=True):
        settle_later.enqueue(str(upload.pk), by.user, by.tenant_id, by.role)


def settle(upload: Upload, verified: Verified, *, by: Actor) -> None:
    """Stores the part file and makes the image active; where that is refused, no trace is left in the store.

    Where the database fails, nobody here knows whether it committed: housekeeping removes what no image refers to.

    Refused: an operator put the image on hold meanwhile (Protected: the upload stays, to go on with later); the upload
    or its image is gone (Gone).
    """
    _check(Image.objects.filter(pk=upload.image_id).first())
    part, name = store.part_of(upload.pk), store.name_for(upload)
    try:
        store.image_store().take_in(part, name)
    except FileNotFoundError as error:
        raise Gone(CANCELLED) from error
    try:
        _activate(upload, verified, name, by=by)
    except Refused:
        # Two may settle the same upload at once; who comes second leaves what the first one stored.
        if not Image.objects.filter(pk=upload.image_id, data=name).exists():
            store.image_store().delete(name)
        raise
    part.unlink(missing_ok=True)


@task
def settle_later(upload_id: str, user: str, tenant_id: str, role: str, attempt: int = 1) -> None:
    """Verifies and stores an upload whose bytes are all here; where the store fails, tries again, ever less often."""
    upload = Upload.objects.select_related("image").filter(pk=upload_id, settling=True).first()
    if upload is None:
        return
    by = Actor(user, tenant_id, role)
    try:
        part = store.part_of(upload.pk)
        settle(upload, intake.digested(part, upload.image.disk_format), by=by)
    except BadData as error:
        refuse(upload, error, by=by)
    except Exception as error:
        again = not isinstance(error, Refused | FileNotFoundError) and attempt < ATTEMPTS
        if again and settle_later.get_backend().supports_defer:
            later = timezone.now() + timedelta(minutes=attempt**2)
            settle_later.using(run_after=later).enqueue(
                upload_id, user, tenant_id, role, attempt + 1
            )
            return
        # Its sender can go on from the last byte, which tries once more.
        Upload.objects.filter(pk=upload.pk).update(settling=False)
        raise


@whole
def _activate(upload: Upload, verified: Verified, name: str, *, by: Actor) -> None:
    image = _lock(upload.image)
    Image.objects.filter(pk=image.pk).update(
        status=Image.Status.ACTIVE,
        data=name,
        size=verified.size,
        virtual_size=verified.virtual_size,
        disk_format=verified.disk_format,
        container_format=image.container_format or "bare",
        checksum=verified.checksum,
        os_hash_algo=HASH_ALGORITHM,
        os_hash_value=verified.os_hash_value,
        updated_at=timezone.now(),
    )
    ended, _ = Upload.objects.filter(pk=upload.pk).delete()
    if not ended:
        raise Gone(CANCELLED)
    tell_memberships([image.pk])
    record(Verb.IMPORTED, [Touched(None, image.pk, "")], by=by, note=verified.checksum)


@whole
def cancel(upload: Upload, *, by: Actor) -> None:
    """Ends the upload and forgets what arrived; the image stays queued. Nothing to do where it has ended.

    Refused: not the owner's manager or an operator (NotAllowed).
    """
    owner_acts(upload.image, by=by)
    _end(upload)


@whole
def refuse(upload: Upload, why: BadData, *, by: Actor) -> None:
    """Ends an upload whose data cannot be taken; the reason is kept in the history, where its owner reads it."""
    if _end(upload):
        record(Verb.REFUSED, [Touched(None, upload.image_id, "")], by=by, note=str(why)[:NOTE_MAX])


def _end(upload: Upload) -> bool:
    part = store.part_of(upload.pk)
    transaction.on_commit(lambda: part.unlink(missing_ok=True))
    ended, _ = Upload.objects.filter(pk=upload.pk).delete()
    return bool(ended)


def expires_at() -> datetime:
    """When housekeeping may end an upload of which nothing more arrives from now on."""
    return timezone.now() + timedelta(hours=settings.UPLOAD_EXPIRY)


def _lock(image: Image) -> Image:
    return _check(Image.objects.select_for_update(no_key=True).filter(pk=image.pk).first())


def _check(image: Image | None) -> Image:
    """The image, if it can take data."""
    if image is None:
        raise Gone("This image was deleted meanwhile. Nothing of its data is kept.")
    if image.status != Image.Status.QUEUED:
        raise Conflict(HAS_ITS_DATA)
    if image.on_hold:
        raise Protected(
            "An operator put this image on hold: it takes no data until it is released."
        )
    return image
