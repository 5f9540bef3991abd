from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]  # has no types
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from sharing.imagedata.store import CHUNK, Stored, Unfinished


class S3Images(S3Storage):  # type: ignore[misc]  # has no types
    """Keeps image data in a bucket of an S3-compatible service (django-storages)."""

    def is_local(self) -> bool:
        return False

    def take_in(self, part: Path, name: str) -> None:
        # The storage's own save() would read parts of 8 MiB into memory, and take another name on a second attempt.
        with reaching(name):
            self._object(name).upload_file(str(part), Config=self.transfer_config)

    def stream(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        # The storage's own open() would first fetch the whole object to a temporary file.
        with reaching(name):
            found = self._object(name).get(Range=f"bytes={start}-{stop - 1}")
            with closing(found["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def stored(self) -> Iterator[Stored]:
        for found in self.bucket.objects.filter(Prefix=self._prefix()):
            name = found.key.removeprefix(self._prefix())
            yield Stored(name, found.size, found.last_modified)

    def unfinished(self) -> Iterator[Unfinished]:
        for begun in self.bucket.multipart_uploads.filter(Prefix=self._prefix()):
            yield Unfinished(begun.object_key, begun.initiated, begun.abort)

    def exists(self, name: str) -> bool:
        with reaching(name):
            return bool(super().exists(name))

    def delete(self, name: str) -> None:
        with reaching(name):
            super().delete(name)

    def _prefix(self) -> str:
        return f"{self.location.strip('/')}/" if self.location else ""

    def _object(self, name: str):  # type: ignore[no-untyped-def]  # boto3 makes its classes at run time
        return self.bucket.Object(self._normalize_name(name))


@contextmanager
def reaching(name: str) -> Iterator[None]:
    """OSError where the bucket fails, or has no such data."""
    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise OSError(f"{name}: the bucket failed: {error}") from error
