from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from sharing.imagedata import exports
from sharing.models import Image, Membership

register = template.Library()
NOTHING = SafeString()


@register.filter
def prospect(offer: Membership, image: Image | None = None) -> SafeString:
    """What a consumer should know before it accepts: whether it may export the image, who pays, where it is used.

    Nothing once it has answered. `image`: the offer's, where that is not read with it.
    """
    if offer.status != Membership.Status.PENDING:
        return NOTHING
    return _told(exports.prospect(image or offer.image), settings.REGION)


@lru_cache(maxsize=100)
def _told(ruling: exports.Ruling, region: str) -> SafeString:
    return render_to_string("sharing/parts/prospect.html", {"ruling": ruling, "region": region})
