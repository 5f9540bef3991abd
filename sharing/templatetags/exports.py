from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from sharing.imagedata import exports
from sharing.models import Image

register = template.Library()
NOTHING = SafeString()


@register.filter
def prospect(image: Image) -> SafeString:
    """What a consumer should know before it accepts: whether it may export the image, who pays, where it is used."""
    return foretold(exports.prospect(image))


@register.filter
def foretold(ruling: exports.Ruling | None) -> SafeString:
    """The same of a ruling; nothing where there is none."""
    return _told(ruling, settings.REGION) if ruling else NOTHING


@lru_cache(maxsize=100)
def _told(ruling: exports.Ruling, region: str) -> SafeString:
    return render_to_string("sharing/parts/prospect.html", {"ruling": ruling, "region": region})
