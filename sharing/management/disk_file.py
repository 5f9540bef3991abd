import errno
import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from sharing.imagedata.store import CHUNK


class Unfit(Exception):
    """A file that cannot be imported as it is; the text is a sentence."""


class DiskFile:
    """A disk image on this machine. Its bytes are given only if it is the same file at the end as at the beginning.

    Raises Unfit for what is no regular file, is empty, cannot be read, or changes meanwhile.
    """

    def __init__(self, path: Path) -> None:
        with _told():
            # A link could lead out of a folder that others write to; a named pipe would keep us waiting.
            self._descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        self._found = os.fstat(self._descriptor)
        self.name = path.name
        self.length = self._found.st_size
        self.modified = self._found.st_mtime_ns // 1_000_000
        self._offset = 0
        self._tell: Callable[[int], object] = lambda more: None

    def __enter__(self) -> Self:
        try:
            self._must_be_fit()
        except BaseException:
            os.close(self._descriptor)
            raise
        return self

    def __exit__(self, *error: object) -> None:
        os.close(self._descriptor)

    def watched_by(self, tell: Callable[[int], object]) -> None:
        """From now on `tell` is called with the number of bytes that were read."""
        self._tell = tell

    def seek(self, offset: int) -> None:
        self._tell(offset - self._offset)
        self._offset = offset

    def read(self, size: int) -> bytes:
        """The next bytes, up to the length that the file began with; the last ones only if nothing changed."""
        with _told():
            size = min(size, self.length - self._offset)
            chunk = os.pread(self._descriptor, size, self._offset)
        self._offset += len(chunk)
        if (size and not chunk) or self._offset == self.length:
            self._must_be_the_same()
        self._tell(len(chunk))
        return chunk

    def md5(self) -> str:
        """Of the whole file, which is at its beginning again afterwards."""
        digest = hashlib.md5(usedforsecurity=False)
        while chunk := self.read(CHUNK):
            digest.update(chunk)
        self.seek(0)
        return digest.hexdigest()

    def _must_be_fit(self) -> None:
        if not stat.S_ISREG(self._found.st_mode):
            raise Unfit("This is no regular file.")
        if not self.length:
            raise Unfit("This file is empty.")
        try:
            self.name.encode()
        except UnicodeEncodeError:
            raise Unfit("The name of this file is not UTF-8: rename it first.") from None

    def _must_be_the_same(self) -> None:
        now = os.fstat(self._descriptor)
        if (now.st_size, now.st_mtime_ns) != (self._found.st_size, self._found.st_mtime_ns):
            raise Unfit("This file changed while it was read: import it once it is at rest.")


def disk_files(path: Path) -> list[Path]:
    """The file itself; or what a folder holds, by name, without hidden files and folders."""
    try:
        inside = sorted(path.iterdir())
    except OSError:
        return [path]
    return [
        found
        for found in inside
        if not found.name.startswith(".") and (found.is_symlink() or not found.is_dir())
    ]


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise Unfit("This is a link: name the file that it leads to.") from error
        raise Unfit(f"This file cannot be read: {error.strerror}.") from error
