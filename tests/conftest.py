"""The cast of every test: producer, consumer, stranger, operator."""

from dataclasses import dataclass

import pytest
from django.core.cache import cache
from django.test import Client

from portal.image_settings import image_store
from sharing.models import Tenant, User
from sharing.tenancy import Actor, operator
from tests.factories import PASSWORD, TenantFactory, TenantUserFactory, UserFactory


@dataclass(frozen=True)
class Party:
    """A tenant with a manager and a reader; `by` and `read_by` are their actors for handshake calls."""

    tenant: Tenant
    manager: User
    reader: User

    @property
    def id(self) -> str:
        return self.tenant.pk

    @property
    def by(self) -> Actor:
        return Actor(self.manager.email, self.id, "manager")

    @property
    def read_by(self) -> Actor:
        return Actor(self.reader.email, self.id, "reader")

    def client(self) -> Client:
        return signed_in(self.manager)

    def reader_client(self) -> Client:
        return signed_in(self.reader)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def party(tenant_id: str, name: str) -> Party:
    tenant = TenantFactory(id=tenant_id, name=name)
    people = [UserFactory(email=f"{role}@{name.lower()}.example") for role in ("manager", "reader")]
    for user, role in zip(people, ("manager", "reader"), strict=True):
        TenantUserFactory(user=user, tenant=tenant, role=role)
    return Party(tenant, *people)


@pytest.fixture(autouse=True)
def no_rate_limit_left_over():
    cache.clear()


@pytest.fixture(autouse=True)
def own_folders_for_image_data(settings, tmp_path):
    settings.UPLOAD_DIR = tmp_path / "uploads"
    settings.STORAGES = settings.STORAGES | {"images": image_store(str(tmp_path / "images"))}


@pytest.fixture
def producer(db) -> Party:
    return party("4471021", "Producer")


@pytest.fixture
def consumer(db) -> Party:
    return party("5083310", "Consumer")


@pytest.fixture
def stranger(db) -> Party:
    return party("6120047", "Stranger")


@pytest.fixture
def operator_user(db) -> User:
    return User.objects.create_superuser("operator@cloud.example", PASSWORD)


@pytest.fixture
def by_operator(operator_user) -> Actor:
    return operator(operator_user.email)


@pytest.fixture
def operator_client(operator_user) -> Client:
    return signed_in(operator_user)
