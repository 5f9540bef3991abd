"""A replica that is down, or ends a query, fails no list."""

from threading import Thread

import psycopg
import pytest
from django.db import connection, connections

from sharing import replica
from sharing.models.log_position import REPLICA
from tests.replica.lists import (
    asked,
    images_on_page,
    listed_by_api,
    members_on_page,
    reads_lists,
)
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", REPLICA])


class TestAReplicaThatFails:
    def test_because_it_is_gone_is_used_again_once_it_is_back(self, standby, image, producer):
        images_on_page(producer)
        standby.act("stop")
        try:
            assert images_on_page(producer) == ["Golden Debian"]
            assert listed_by_api(producer) == ["Golden Debian"]
            assert members_on_page(producer, image) == ["5083310"]
        finally:
            standby.act("start")
        standby.catch_up()

        with asked() as (_, there):
            assert images_on_page(producer) == ["Golden Debian"]
        assert reads_lists(there)

    def test_is_left_alone_for_a_while(self, standby, image, producer, monkeypatch, caplog):
        monkeypatch.setattr(replica, "REST", 3600)
        standby.act("stop")
        try:
            listed_by_api(producer)
        finally:
            standby.act("start")
        standby.catch_up()

        with asked() as (_, there):
            assert listed_by_api(producer) == ["Golden Debian"]
        assert not there
        [told] = [record.message for record in caplog.records if record.name == "sharing.replica"]
        assert told.startswith("Lists come from the primary: the replica failed. ")

    def test_because_a_query_conflicts_with_its_recovery_gives_the_list_to_the_primary(
        self, standby, image, producer
    ):
        failed = []

        def conflict(execute, sql, parameters, many, context):
            if "sharing_image" not in sql or failed:
                return execute(sql, parameters, many, context)
            rival = Thread(target=lock_once_it_sleeps, args=[standby])
            rival.start()
            try:
                return execute("SELECT pg_sleep(600) FROM sharing_image", [], many, context)
            except Exception as error:
                failed.append(error)
                raise
            finally:
                rival.join()

        with connections[REPLICA].execute_wrapper(conflict):
            assert listed_by_api(producer) == ["Golden Debian"]
            assert "conflict with recovery" in str(failed[0])
            with asked() as (_, there):
                assert listed_by_api(producer) == ["Golden Debian"]
        assert reads_lists(there)

    def test_because_it_is_a_primary_now_is_not_asked(
        self, standby, image, producer, caplog, monkeypatch
    ):
        connections[REPLICA].close()
        there = connections.settings[REPLICA]
        for name in ("HOST", "PASSWORD"):
            monkeypatch.setitem(there, name, connection.settings_dict[name])
        monkeypatch.setitem(there["OPTIONS"], "target_session_attrs", "any")

        assert images_on_page(producer) == ["Golden Debian"]
        assert "is a primary" in caplog.text


def lock_once_it_sleeps(standby):
    """Locks the images, on the primary, so that the replica has to end whoever reads them there."""
    asleep = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'"
    wait_until(lambda: standby.ask(asleep), "Nobody sleeps on the replica.")
    found = connection.settings_dict
    names = {"host": "HOST", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    with psycopg.connect(**{key: found[name] for key, name in names.items()}) as primary:
        primary.execute("LOCK TABLE sharing_image IN ACCESS EXCLUSIVE MODE")
