"""Where image data lies: part files while it arrives, then the image store (`STORAGES["images"]`)."""

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import NamedTuple, Protocol, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import transaction
from django.tasks import task

from sharing.errors import StorageFull
from sharing.models import Image, Upload

CHUNK = 2**20
# Measured: at least as fast as larger reads, and on a par with nginx.
READ = 2**17
# Where SENDFILE is set, the front server reads the files: as a member of the portal's group.
FILE_MODE, FOLDER_MODE = 0o640, 0o750
COPY = ".copy"
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Stored(NamedTuple):
    """A file of the image store: its name, its length in bytes, and when it came there or was last changed."""

    name: str
    size: int
    changed: datetime


class Unfinished(NamedTuple):
    """What an attempt to take in, broken off, left in the store; `remove` gives its room back."""

    name: str
    begun: datetime
    remove: Callable[[], object]


class ImageStore(Protocol):
    """What Proffer asks of a Django storage that keeps image data. Where the store fails: OSError."""

    def take_in(self, part: Path, name: str) -> None:
        """Makes what is in the part file the data `name`, whole and durable. The part file stays, for another attempt.

        StorageFull where there is no room. Where the disk lost bytes that it had taken, no part file is left.
        """

    def stream(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        """The bytes from `start` up to, not including, `stop`. OSError where there is no such data."""

    def stored(self) -> Iterator[Stored]:
        """All files, a few in memory at a time."""

    def unfinished(self) -> Iterator[Unfinished]: ...

    def exists(self, name: str) -> bool: ...

    def delete(self, name: str) -> None:
        """Nothing to do where it is gone already."""

    def is_local(self) -> bool:
        """Whether taking in is quick, which a request need not leave to a task."""


class LocalImages(FileSystemStorage):
    """Keeps image data in a folder of this machine, or of one that all hosts of the portal mount."""

    def is_local(self) -> bool:
        return True

    def take_in(self, part: Path, name: str) -> None:
        final = Path(self.path(name))
        for folder in (Path(self.location), final.parent):
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        # Under a name of its own until it is whole: two attempts at once must not write into one file.
        copy = final.with_name(f"{final.name}.{uuid4()}{COPY}")
        try:
            with needing_room():
                part.chmod(FILE_MODE)
                _surely_written(part)
                _link_or_copy(part, copy)
            copy.replace(final)
        finally:
            copy.unlink(missing_ok=True)
        for folder in (final.parent, final.parent.parent):
            synced(folder)

    def stream(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        with open(self.path(name), "rb", buffering=0) as file:
            file.seek(start)
            while start < stop and (chunk := file.read(min(READ, stop - start))):
                start += len(chunk)
                yield chunk

    def stored(self) -> Iterator[Stored]:
        for path, found in self._files():
            if path.suffix != COPY:
                name = str(path.relative_to(self.location))
                yield Stored(name, found.st_size, _changed(found))

    def unfinished(self) -> Iterator[Unfinished]:
        for path, found in self._files():
            if path.suffix == COPY:
                remove = partial(path.unlink, missing_ok=True)
                yield Unfinished(path.name, _changed(found), remove)

    def _files(self) -> Iterator[tuple[Path, os.stat_result]]:
        """All files of all folders, folder by folder."""
        root = Path(self.location)
        for folder in sorted(root.iterdir()) if root.exists() else ():
            for path in sorted(folder.iterdir()) if folder.is_dir() else ():
                with suppress(FileNotFoundError):
                    if stat.S_ISREG((found := path.lstat()).st_mode):
                        yield path, found


def _changed(found: os.stat_result) -> datetime:
    # Renaming sets the time of the change of the inode; that of the content may be of days ago.
    return datetime.fromtimestamp(max(found.st_mtime, found.st_ctime), tz=UTC)


def _surely_written(part: Path) -> None:
    try:
        synced(part)
    except FileNotFoundError:
        raise
    except OSError:
        # The kernel reports a page that it could not write once, and then takes it for written.
        part.unlink(missing_ok=True)
        raise


def _link_or_copy(part: Path, copy: Path) -> None:
    try:
        copy.hardlink_to(part)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK):
            raise
        shutil.copyfile(part, copy)
        copy.chmod(FILE_MODE)
        synced(copy)


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


@contextmanager
def needing_room() -> Iterator[None]:
    """StorageFull where the disk is full, or the file larger than it may be."""
    try:
        yield
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        raise StorageFull(
            "The disk of the portal is full. What arrived before is kept; go on when there is room."
        ) from error


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
