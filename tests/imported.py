"""Images with data, made as their owner makes them."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

from sharing.imagedata import store
from sharing.imagedata.imports import begin, receive
from sharing.imagedata.records import Facts, create_image
from sharing.models import Image
from tests.conftest import Party

# A disk of 64 KiB without a signature, no two sectors alike.
RAW = b"".join(number.to_bytes(4, "big") * 128 for number in range(128))


def sending(data: bytes = RAW) -> Callable[[int], bytes]:
    """A connection that brings the data."""
    return BytesIO(data).read


def leftovers() -> list[str]:
    """The names of all files that there are for image data: of uploads, and in the store."""
    parts = [path.name for path in store.uploads_folder().iterdir()]
    return parts + [found.name for found in store.image_store().stored()]


def queued(owner: Party, **facts: Any) -> Image:
    """An image that waits for its data."""
    return create_image(Facts(**{"name": "Fresh disk", **facts}), owner=owner.tenant, by=owner.by)


def imported(owner: Party, data: bytes = RAW, **facts: Any) -> Image:
    """An image whose data is in the store."""
    image = queued(owner, **facts)
    receive(
        begin(image, len(data), filename="disk.img", by=owner.by),
        BytesIO(data).read,
        0,
        by=owner.by,
    )
    image.refresh_from_db()
    return image
