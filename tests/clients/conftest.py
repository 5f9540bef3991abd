"""A portal for the clients: a real one, with a database of its own."""

import os
from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection

from tests.clients import cast as cast_of_clients
from tests.clients.cast import Party
from tests.clients.wire import Wire
from tests.serving import Portal

KEY = "a-key-for-the-clients-only-0123456789-abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="session")
def database_url(tmp_path_factory) -> Iterator[str]:
    """Of an empty database, of the kind that the suite runs on."""
    if connection.vendor == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('database')}/clients.sqlite3"
        return
    name = f"clients_{os.getpid()}"
    server = connection.get_connection_params() | {"dbname": "postgres"}
    with psycopg.connect(**server, autocommit=True) as postgres:
        postgres.execute(f"CREATE DATABASE {name}")
        yield f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{name}"
        postgres.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def idle_portal(tmp_path_factory, database_url) -> Portal:
    return Portal(tmp_path_factory.mktemp("portal"), database_url, KEY)


@pytest.fixture(scope="session")
def cast(idle_portal) -> dict[str, Party]:
    return cast_of_clients.cast(idle_portal.environment)


@pytest.fixture(scope="session")
def portal(idle_portal, cast) -> Iterator[Portal]:
    """Running, with the cast in it."""
    with idle_portal.running():
        yield idle_portal


@pytest.fixture(scope="session")
def wire(portal) -> Iterator[Wire]:
    with Wire(portal.port).standing() as wire:
        yield wire
