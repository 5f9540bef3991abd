"""What the environment may say of PostgreSQL, and of a pooler in front of it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.database_settings import PLANNED_ONCE, postgresql

FOUND = {"ENGINE": "django.db.backends.postgresql", "NAME": "proffer", "HOST": "db"}


@pytest.mark.parametrize(
    ("pooler", "threshold", "prepares_after", "named_cursors"),
    [
        ("", None, 5, True),
        ("", 20, 20, True),
        ("", 0, None, True),
        ("", -1, None, True),
        ("transaction", None, None, False),
        ("transaction", 0, None, False),
        # For a pooler that keeps prepared statements itself.
        ("transaction", 5, 5, False),
    ],
)
def test_what_a_session_keeps_is_relied_on_without_a_pooler_alone(
    pooler, threshold, prepares_after, named_cursors
):
    settings = postgresql(FOUND, pooler, threshold)

    assert settings["OPTIONS"]["prepare_threshold"] == prepares_after
    assert settings["DISABLE_SERVER_SIDE_CURSORS"] != named_cursors


@pytest.mark.parametrize("pooler", ["", "transaction"])
def test_connections_are_kept_and_looked_at_before_they_are_used(pooler):
    settings = postgresql(FOUND, pooler)

    assert (settings["CONN_MAX_AGE"], settings["CONN_HEALTH_CHECKS"]) == (None, True)
    assert settings.items() >= FOUND.items()


def test_what_the_address_of_the_database_sets_stands():
    found = FOUND | {"CONN_MAX_AGE": 60, "OPTIONS": {"sslmode": "require", "prepare_threshold": 9}}

    settings = postgresql(found, "transaction")

    assert settings["CONN_MAX_AGE"] == 60
    assert settings["OPTIONS"] == found["OPTIONS"]


def test_what_is_prepared_is_planned_once_unless_the_address_says_otherwise():
    assert postgresql(FOUND, "")["OPTIONS"]["options"] == PLANNED_ONCE
    own = "-c plan_cache_mode=auto -c work_mem=8MB"
    # The last one counts.
    settings = postgresql(FOUND | {"OPTIONS": {"options": own}}, "")
    assert settings["OPTIONS"]["options"] == f"{PLANNED_ONCE} {own}"
    # PgBouncer refuses a connection that sends options.
    assert "options" not in postgresql(FOUND, "transaction")["OPTIONS"]


@pytest.mark.parametrize("pooler", ["session", "Transaction", "pgbouncer", "1", " "])
def test_a_pooler_of_another_kind_is_refused_with_what_is_allowed(pooler):
    with pytest.raises(ImproperlyConfigured, match="DATABASE_POOLER must be transaction"):
        postgresql(FOUND, pooler)


def test_a_role_of_the_session_is_refused_behind_a_pooler():
    found = FOUND | {"OPTIONS": {"assume_role": "owner"}}

    assert postgresql(found, "")["OPTIONS"]["assume_role"] == "owner"
    with pytest.raises(ImproperlyConfigured, match="assume_role"):
        postgresql(found, "transaction")
