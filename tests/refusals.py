"""What a refused act promises, asserted in one place: the error, a sentence, and that nothing changed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sharing.errors import Refused
from sharing.models import (
    ApplicationCredential,
    Event,
    Image,
    ImageTag,
    Membership,
    RevokedToken,
    Tenant,
    TenantUser,
    Upload,
)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Every column of every tenant, its users and their credentials, image, tag, membership, upload and event."""
    credentials = (ApplicationCredential, RevokedToken)
    models = (Tenant, TenantUser, *credentials, Image, ImageTag, Membership, Upload, Event)
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in models}


@contextmanager
def unchanged() -> Iterator[None]:
    before = everything()
    yield
    assert everything() == before


@contextmanager
def refused(error: type[Refused]) -> Iterator[None]:
    """The block raises exactly this error, says so in a sentence, and changes nothing."""
    with unchanged(), pytest.raises(Refused) as caught:
        yield
    assert caught.type is error
    assert str(caught.value).endswith((".", "!"))
