from sharing.errors import Gone
from sharing.models import Image


def lock(image: Image, *, no_key: bool = False) -> Image:
    locked = Image.objects.select_for_update(no_key=no_key).filter(pk=image.pk).first()
    if locked is None:
        raise Gone("This image was deleted meanwhile.")
    return locked
