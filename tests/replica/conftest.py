"""A replica of the server that the tests run on, and lists that are read from it."""

import pytest
from django.db import connection, connections
from environ import Env

from portal import replica_settings
from sharing import replica
from sharing.models.log_position import REPLICA
from tests.factories import ImageFactory, MembershipFactory
from tests.replica.server import replica_of_this_server


# Before anything of a test, as it must be known which databases there are.
@pytest.fixture(scope="package", autouse=True)
def server(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        if connection.vendor != "postgresql":
            pytest.skip("SQLite has no replicas.")
        with replica_of_this_server() as started:
            url = f"postgres://proffer@/{started.place}/{connection.settings_dict['NAME']}"
            found = replica_settings.replica(Env.db_url_config(url), connection.settings_dict)
            connections.settings[REPLICA] = found | {"TEST": found["TEST"] | {"MIRROR": "default"}}
            yield started
            connections[REPLICA].close()
            del connections[REPLICA], connections.settings[REPLICA]


@pytest.fixture
def standby(server, transactional_db, settings, monkeypatch):
    """The replica, of which the portal reads its lists; where it fails, each list tries it again."""
    settings.DATABASE_ROUTERS = ["sharing.replica.ListRouter"]
    settings.REPLICA_LAG_MAX = 3600
    monkeypatch.setattr(replica, "REST", 0)
    monkeypatch.setattr(replica, "rest", replica.Rest())
    return server


@pytest.fixture
def image(standby, producer, consumer):
    """One that the consumer accepted, on the replica too."""
    image = ImageFactory(owner=producer.tenant, name="Golden Debian")
    MembershipFactory(image=image, member_id=consumer.id, status="accepted")
    standby.catch_up()
    return image
