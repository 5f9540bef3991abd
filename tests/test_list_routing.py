"""Where statements go once there is a replica, and that nothing is different where there is none."""

import inspect
import pkgutil
import time
from contextlib import contextmanager
from importlib import import_module
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.utils.connection import ConnectionDoesNotExist
from environ import Env

import sharing
from portal import replica_settings
from sharing import replica
from sharing.api import reads
from sharing.handshake.locking import lock
from sharing.models import Event, Image, LogPosition, Membership, Tenant, TenantUser, User
from sharing.models.log_position import REPLICA
from sharing.replica import ListRouter, Rest, read_list
from sharing.transactions import asked_first
from tests.factories import ImageFactory

URL = "postgres://proffer:secret@replica.example/proffer"
PRIMARY = Env.db_url_config("postgres://proffer@db.example/proffer?sslmode=require") | {
    "CONN_MAX_AGE": None
}
WHOLE = "whole.<locals>.run"
# What these change a verb changes again that names its actor, or no list shows it, or nobody waits for it to be shown.
OF_NOBODY = {
    "credentials.create",
    "imagedata.copies._copy_to_some",
    "imagedata.direct._reserved",
    "imagedata.housekeeping._settle",
    "loading._write",
    "management.commands.loaddemo.load",
}


def set_up(url=URL, primary=PRIMARY):
    return replica_settings.replica(Env.db_url_config(url), primary)


class TestTheSettings:
    def test_are_those_of_the_primary_but_for_what_its_own_url_says(self):
        found = set_up(f"{URL}?sslmode=disable&connect_timeout=5")

        assert (found["HOST"], found["PASSWORD"]) == ("replica.example", "secret")
        assert found["CONN_MAX_AGE"] is None
        assert found["OPTIONS"]["sslmode"] == "disable"
        assert set_up()["OPTIONS"]["sslmode"] == "require"
        assert int(found["OPTIONS"]["connect_timeout"]) == 5

    def test_wait_two_seconds_for_a_host_and_take_none_but_a_replica(self):
        options = set_up(URL.replace("replica.example", "one,two"))["OPTIONS"]

        assert (options["connect_timeout"], options["target_session_attrs"]) == (2, "standby")

    @pytest.mark.parametrize(
        ("url", "primary"),
        [("sqlite:///file", PRIMARY), (URL, Env.db_url_config("sqlite:///file"))],
        ids=["replica", "primary"],
    )
    def test_refuse_what_has_no_replicas(self, url, primary):
        with pytest.raises(ImproperlyConfigured, match=r"^DATABASE_REPLICA_URL: only PostgreSQL"):
            set_up(url, primary)


@contextmanager
def in_a_list():
    before = replica._asked.set(REPLICA)
    try:
        yield
    finally:
        replica._asked.reset(before)


class TestTheRouter:
    def test_reads_of_lists_alone_go_to_the_replica(self):
        router = ListRouter()
        with in_a_list():
            there = {router.db_for_read(model) for model in (Event, Image, Membership)}
            here = {router.db_for_read(model) for model in (Tenant, TenantUser, User, LogPosition)}

        assert (there, here) == ({"replica"}, {"default"})

    def test_outside_of_a_list_all_goes_to_the_primary_even_what_a_list_gave(self):
        image = Image()
        image._state.db = REPLICA

        assert ListRouter().db_for_read(Membership, instance=image) == "default"

    def test_the_replica_is_never_migrated_and_its_rows_go_with_the_primarys(self):
        router = ListRouter()

        assert router.allow_migrate("default", "sharing")
        assert not router.allow_migrate(REPLICA, "sharing")
        assert router.allow_relation(Image(), Membership())

    @pytest.mark.django_db
    def test_prepared_statements_follow_it_unless_they_lock(self, settings):
        image = ImageFactory()
        settings.DATABASE_ROUTERS = ["sharing.replica.ListRouter"]
        with in_a_list():
            assert lock(image) == image
            with pytest.raises(ConnectionDoesNotExist, match=REPLICA):
                reads.members(image.pk)

        assert reads.members(image.pk) == []


@pytest.mark.django_db
def test_without_a_replica_a_list_is_read_as_ever(producer, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert read_list(lambda: replica._asked.get(), by=producer.by) == "default"


def verbs():
    """The parameters of every function that runs as a whole, by where it is."""
    found = {}
    for module in pkgutil.walk_packages(sharing.__path__, "sharing."):
        if ".migrations." not in module.name:
            for name, value in vars(import_module(module.name)).items():
                whole = getattr(getattr(value, "__code__", None), "co_qualname", "") == WHOLE
                if whole and value.__module__ == module.name:
                    place = module.name.removeprefix("sharing.")
                    found[f"{place}.{name}"] = inspect.signature(value).parameters
    return found


def test_every_verb_names_its_actor_so_that_the_actors_lists_show_what_it_did():
    found = verbs()
    named = {name: parameters["by"] for name, parameters in found.items() if "by" in parameters}

    assert {actor.kind for actor in named.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert found.keys() - named.keys() == OF_NOBODY


class TestRest:
    @pytest.fixture
    def clock(self, monkeypatch):
        now = [1000.0]
        monkeypatch.setattr(time, "monotonic", lambda: now[0])
        return now

    def test_lasts_a_while_after_a_failure_then_one_tries(self, clock):
        rest = Rest()
        assert rest.is_over()
        rest.begin(OperationalError("gone"))
        assert not rest.is_over()
        clock[0] += replica.REST
        assert rest.is_over()
        assert not rest.is_over()
        rest.end()
        assert rest.is_over()

    def test_is_told_of_once(self, clock, caplog):
        rest = Rest()
        for _ in range(3):
            rest.begin(OperationalError("gone"))
        rest.end()
        rest.end()

        assert [record.message for record in caplog.records] == [
            "Lists come from the primary: the replica failed. gone",
            "Lists come from the replica again.",
        ]


class TestWhatIsAskedFirst:
    @staticmethod
    def failing(times):
        asked = []

        def ask():
            asked.append(uuid4())
            if len(asked) <= times:
                raise OperationalError("gone")
            return len(asked)

        return ask

    @pytest.mark.django_db(transaction=True)
    def test_is_asked_again_where_the_connection_was_an_old_one(self):
        connection.ensure_connection()

        assert asked_first(self.failing(1)) == 2

    @pytest.mark.django_db(transaction=True)
    def test_is_not_asked_again_where_it_was_new(self):
        connection.close()

        with pytest.raises(OperationalError, match="gone"):
            asked_first(self.failing(1))
