"""Where the services of the API are, below the portal's address, and in which region."""

from django.conf import settings

IDENTITY = "/identity/v3"
IMAGE = "/image"
# What clients expect where a cloud names no region.
ONLY_REGION = "RegionOne"


def region() -> str:
    return str(settings.REGION) or ONLY_REGION
