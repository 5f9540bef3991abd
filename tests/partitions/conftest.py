"""A migrated PostgreSQL database for each test that changes tables: those of the other tests stay as they are."""

import pytest
from django.core.management import call_command
from django.db import connection

from tests.conftest import party
from tests.factories import ImageFactory
from tests.partitions.database import run


@pytest.fixture(scope="module")
def migrated(django_db_setup, django_db_blocker):
    """The name of a database that is copied for each test."""
    if connection.vendor != "postgresql":
        pytest.skip("Only PostgreSQL has partitions.")
    name = f"{connection.settings_dict['NAME']}_own"
    with django_db_blocker.unblock():
        run(f"DROP DATABASE IF EXISTS {name}")
        run(f"CREATE DATABASE {name}")
        before = _move_to(name)
        try:
            call_command("migrate", verbosity=0, interactive=False)
        finally:
            _move_to(before)
        yield name
        run(f"DROP DATABASE {name}")


@pytest.fixture
def own_database(migrated, django_db_blocker):
    name = f"{migrated}_copy"
    with django_db_blocker.unblock():
        run(f"DROP DATABASE IF EXISTS {name}")
        run(f"CREATE DATABASE {name} TEMPLATE {migrated}")
        before = _move_to(name)
        try:
            yield name
        finally:
            _move_to(before)
            run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def producer(own_database):
    return party("4471021", "Producer")


@pytest.fixture
def consumer(own_database):
    return party("5083310", "Consumer")


@pytest.fixture
def image(producer):
    return ImageFactory(owner=producer.tenant, name="Golden Debian")


def _move_to(name: str) -> str:
    """The connection is to that database from now on. Returns the name of the one before."""
    connection.close()
    before = connection.settings_dict["NAME"]
    connection.settings_dict["NAME"] = name
    return before
