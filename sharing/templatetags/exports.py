from typing import Any

from django import template
from django.conf import settings

from sharing.imagedata import exports
from sharing.models import Image

register = template.Library()


@register.inclusion_tag("sharing/parts/prospect.html")
def prospect(image: Image) -> dict[str, Any]:
    """What a consumer should know before it accepts: whether it may export the image, who pays, where it is used."""
    return {"ruling": exports.prospect(image), "region": settings.REGION}
