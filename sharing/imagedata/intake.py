"""Takes bytes in: appends them to a part file and digests them on the way."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from typing import NamedTuple, Self

from sharing.errors import Conflict, Gone
from sharing.imagedata.inspection import Inspection
from sharing.imagedata.store import CHUNK, needing_room, opened

HASH_ALGORITHM = "sha512"


class Verified(NamedTuple):
    """What the bytes are, in the terms of the Image API: both hashes in hexadecimal, sizes in bytes."""

    size: int
    checksum: str
    os_hash_value: str
    disk_format: str
    virtual_size: int


class Hashes:
    """MD5 and SHA-512 of bytes that are fed in order: both at once, beside the caller's thread."""

    def __init__(self) -> None:
        self._hashes = (
            hashlib.md5(usedforsecurity=False),
            hashlib.new(HASH_ALGORITHM, usedforsecurity=False),
        )
        self._threads = ThreadPoolExecutor(len(self._hashes), "digest")
        self._under_way: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._threads.shutdown()

    def feed(self, chunk: bytes) -> None:
        wait(self._under_way)
        self._under_way = [self._threads.submit(known.update, chunk) for known in self._hashes]

    def hexadecimal(self) -> tuple[str, str]:
        """Both hashes in hexadecimal, MD5 first."""
        wait(self._under_way)
        checksum, os_hash_value = (known.hexdigest() for known in self._hashes)
        return checksum, os_hash_value


class Digests(Hashes):
    """The hashes of the bytes, and their format."""

    def __init__(self, disk_format: str) -> None:
        super().__init__()
        self._size = 0
        self._inspection = Inspection(disk_format)

    def feed(self, chunk: bytes) -> None:
        """Raises BadData as soon as the bytes cannot be of the format."""
        self._inspection.feed(chunk)
        super().feed(chunk)
        self._size += len(chunk)

    def result(self) -> Verified:
        """Raises BadData where all bytes together are not of the format, or not safe."""
        disk_format, virtual_size = self._inspection.verdict()
        return Verified(self._size, *self.hexadecimal(), disk_format, virtual_size)


def arrived(part: Path) -> int:
    """How many bytes the part file holds; 0 where there is none."""
    try:
        return part.stat().st_size
    except FileNotFoundError:
        return 0


def append(part: Path, read: Callable[[int], bytes], offset: int, stop: int) -> Iterator[bytes]:
    """Appends what `read` gives, from `offset` up to `stop`, and yields each chunk before it is written.

    Ends early where `read` has no more. Raises Conflict where the file is not as long as `offset`, also when
    somebody else appended meanwhile; StorageFull where the disk is.
    """
    # The first byte alone makes the file: one that is not there any more was stored, or cancelled.
    making = 0 if offset else os.O_CREAT
    with needing_room(), opened(part, os.O_RDWR | making) as file:
        while offset < stop and (chunk := read(min(CHUNK, stop - offset))):
            yield chunk
            _append(file, chunk, offset)
            offset += len(chunk)


def _append(file: int, chunk: bytes, offset: int) -> None:
    # The lock is held for one write alone: a sender that hangs keeps nobody from going on where it stopped,
    # and writes nothing more once somebody did.
    fcntl.flock(file, fcntl.LOCK_EX)
    try:
        found = os.fstat(file)
        if not found.st_nlink:
            raise Gone("This upload has ended meanwhile: nothing more is taken.")
        if found.st_size != offset:
            raise Conflict(
                "Offset: this upload went on from somewhere else meanwhile. Ask where it stands."
            )
        written = 0
        while written < len(chunk):
            written += os.pwrite(file, memoryview(chunk)[written:], offset + written)
    except OSError:
        os.ftruncate(file, offset)
        raise
    finally:
        fcntl.flock(file, fcntl.LOCK_UN)


def digested(part: Path, disk_format: str) -> Verified:
    """Reads the whole part file. Raises BadData as `Digests` does."""
    with Digests(disk_format) as digests, part.open("rb", buffering=0) as file:
        while chunk := file.read(CHUNK):
            digests.feed(chunk)
        return digests.result()
