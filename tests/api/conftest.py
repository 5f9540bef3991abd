"""What tests of the API act on, beside the cast."""

import pytest

from sharing import handshake
from sharing.models import Image
from tests.api.refusing import at
from tests.api.signing_in import by_credential, by_password, by_token, credential_of, token_from
from tests.factories import ImageFactory


@pytest.fixture
def image(producer) -> Image:
    return ImageFactory(owner=producer.tenant, name="Golden Debian")


@pytest.fixture
def offered(image, producer, consumer) -> str:
    """The address of the consumer's membership, which waits for its answer."""
    handshake.offer(image, [consumer.id], by=producer.by)
    return at(image, "members", consumer.id)


@pytest.fixture
def credential(producer):
    """A manager's credential of the producer, and its secret."""
    return credential_of(producer)


@pytest.fixture
def got(producer, credential):
    """A token by each way: of the password, of the credential, and of each of these tokens."""
    first = {
        "password": token_from(by_password(producer)),
        "credential": token_from(by_credential(*credential)),
    }
    return first | {f"token of {way}": token_from(by_token(token)) for way, token in first.items()}
