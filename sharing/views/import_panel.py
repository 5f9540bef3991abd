"""What the import panel of a queued image shows."""

import time
from typing import Any

from sharing.imagedata import quota, store
from sharing.models import Event, Image, Upload
from sharing.models.event import Verb
from sharing.tenancy import Request

# Seconds after its last byte that data counts as still coming.
MOVING = 5


def import_context(request: Request, image: Image) -> dict[str, Any]:
    """For the owner's side of a queued image; nothing for one that has its data."""
    if image.status != Image.Status.QUEUED:
        return {}
    upload = Upload.objects.filter(image=image).first()
    if upload is None:
        refusals = Event.objects.filter(image_id=image.pk, verb=Verb.REFUSED)
        return {"refusal": refusals.order_by("-pk").first(), "usage": quota.usage(request.tenant)}
    try:
        part = store.part_of(upload.pk).stat()
    except FileNotFoundError:
        return {"upload": upload, "arrived": 0}
    moving = time.time() - part.st_mtime < MOVING
    return {"upload": upload, "arrived": part.st_size, "moving": moving}
