from collections.abc import Iterator
from pathlib import Path

from botocore.exceptions import ClientError
from django.core.files import File
from storages.backends.s3 import S3Storage

from sharing.imagedata.store import CHUNK, Stored


class S3Images(S3Storage):  # type: ignore[misc]  # has no types
    """Keeps image data in a bucket of an S3-compatible service (django-storages)."""

    def is_local(self) -> bool:
        return False

    def take_in(self, part: Path, name: str) -> None:
        with part.open("rb") as file:
            self.save(name, File(file))
        part.unlink()

    def stream(self, name: str, start: int, stop: int) -> Iterator[bytes]:
        # The storage's own open() would first fetch the whole object to a temporary file.
        try:
            found = self._object(name).get(Range=f"bytes={start}-{stop - 1}")
        except ClientError as error:
            raise OSError(f"{name} is not in the bucket: {error}") from error
        yield from found["Body"].iter_chunks(CHUNK)

    def stored(self) -> Iterator[Stored]:
        prefix = f"{self.location.strip('/')}/" if self.location else ""
        for found in self.bucket.objects.filter(Prefix=prefix):
            yield Stored(found.key.removeprefix(prefix), found.size, found.last_modified)

    def _object(self, name: str):  # type: ignore[no-untyped-def]  # boto3 makes its classes at run time
        return self.bucket.Object(self._normalize_name(name))
