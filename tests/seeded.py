"""What the tests of `seedscale` share."""

import pytest
from django.db import connection

SIZES = ("--images", 300, "--memberships", 3000)
IMAGES, MEMBERSHIPS = 300, 3000


@pytest.fixture(autouse=True)
def no_statistics_left_over(transactional_db):
    """Else SQLite would plan the queries of later tests by numbers of a database that is no more."""
    yield
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM sqlite_master WHERE name LIKE 'sqlite_stat_'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TABLE {name}")


def definitions() -> set[tuple[str, ...]]:
    """Every index and constraint, as the database tells it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat_'"
            )
            return set(cursor.fetchall())
        cursor.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
            " SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
        )
        return set(cursor.fetchall())
