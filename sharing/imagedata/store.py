"""Where image data lies: part files while it arrives, then the image store (`STORAGES["images"]`)."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, cast
from uuid import UUID

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import transaction
from django.tasks import task
from django.utils import timezone

from sharing.models import Image, Upload

CHUNK = 2**20


class Stored(NamedTuple):
    """A file of the image store: its name, its length in bytes, and when it was last changed."""

    name: str
    size: int
    changed: datetime


class ImageStore(Protocol):
    """What Proffer asks of a Django storage that keeps image data."""

    def take_in(self, part: Path, name: str) -> None:
        """Makes the part file the data `name`, whole and durable, or fails and leaves it a part file."""

    def stream(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `stop`. OSError where there is no such data."""

    def stored(self) -> Iterator[Stored]: ...

    def delete(self, name: str) -> None:
        """Nothing to do where it is gone already."""

    def is_local(self) -> bool:
        """Whether taking in is a rename, which a request need not leave to a task."""


class LocalImages(FileSystemStorage):
    """Keeps image data in a folder of this machine, or of one that all hosts of the portal mount."""

    def is_local(self) -> bool:
        return True

    def take_in(self, part: Path, name: str) -> None:
        final = Path(self.path(name))
        final.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        synced(part)
        try:
            part.replace(final)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            copy = final.with_suffix(".copy")
            shutil.copyfile(part, copy)
            synced(copy)
            copy.replace(final)
            part.unlink()
        for folder in (final.parent, final.parent.parent, part.parent):
            synced(folder)

    def stream(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        with open(self.path(name), "rb", buffering=0) as file:
            file.seek(start)
            while start < stop and (chunk := file.read(min(CHUNK, stop - start))):
                start += len(chunk)
                yield chunk

    def stored(self) -> Iterator[Stored]:
        root = Path(self.location)
        for path in sorted(root.glob("*/*")):
            found = path.stat()
            changed = datetime.fromtimestamp(found.st_mtime, tz=timezone.get_current_timezone())
            yield Stored(str(path.relative_to(root)), found.st_size, changed)


def image_store() -> ImageStore:
    return cast(ImageStore, storages["images"])


def name_for(upload: Upload) -> str:
    """A name that no other upload has; folders by the image's last, random digits."""
    return f"{upload.image_id.hex[-2:]}/{upload.image_id}.{upload.pk}"


def part_of(upload_id: UUID) -> Path:
    """The part file of an upload."""
    return uploads_folder() / f"{upload_id}.part"


def uploads_folder() -> Path:
    folder = Path(settings.UPLOAD_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


@contextmanager
def opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def synced(path: Path) -> None:
    """Makes sure that the file, or what a folder says of its files, is on the disk."""
    with opened(path, os.O_RDONLY) as descriptor:
        os.fsync(descriptor)


@task
def remove(name: str) -> None:
    """Removes data from the image store. What is left behind where that fails, housekeeping finds."""
    image_store().delete(name)


def forget_after_commit(image: Image) -> None:
    """Once the image is deleted for good, its data goes, and what has arrived of it."""
    if image.data:
        transaction.on_commit(partial(remove.enqueue, image.data))
    for upload in Upload.objects.filter(image=image):
        transaction.on_commit(partial(part_of(upload.pk).unlink, missing_ok=True))
