from uuid import UUID

from django.db.models import QuerySet

from sharing.errors import Gone
from sharing.models import Image
from sharing.models.prepared import Prepared


def lock(image: Image, *, no_key: bool = False) -> Image:
    """The image as it stands, its row locked until the end of the transaction. Gone where it was deleted.

    `no_key`: others may still make memberships of it refer to it meanwhile.
    """
    locked = _locked.first(image.pk, no_key=no_key)
    if locked is None:
        raise Gone("This image was deleted meanwhile.")
    return locked


@Prepared
def _locked(image_id: UUID, *, no_key: bool) -> QuerySet[Image]:
    return Image.objects.select_for_update(no_key=no_key).filter(pk=image_id)
