"""Writes many rows into empty tables: PostgreSQL by COPY, SQLite by INSERTs of many."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import batched
from typing import Any, NamedTuple

from django.core.management.color import no_style
from django.db import connection, models

type Row = tuple[str | int | None, ...]

ROWS_A_STEP = 2000
# Of a server that has its usual 128 MiB of shared buffers: sorting in memory, not on disk.
INDEX_MEMORY = "256MB"


class Table(NamedTuple):
    """Rows for a table: texts and numbers in the order of `columns`; times in UTC, true and false as 1 and 0."""

    model: type[models.Model]
    columns: str
    rows: Callable[[], Iterator[Row]]

    @property
    def name(self) -> str:
        return self.model._meta.db_table


def fill(table: Table, advance: Callable[[int], object]) -> int:
    """Writes the rows; tells each time how many more there are. Returns how many they are."""
    write = _copy if connection.vendor == "postgresql" else _insert
    written = 0
    for more in write(table):
        written += more
        advance(more)
    return written


def _copy(table: Table) -> Iterator[int]:
    statement = f"COPY {table.name} ({table.columns}) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for part in batched(table.rows(), ROWS_A_STEP):
            for row in part:
                copy.write_row(row)
            yield len(part)


def _insert(table: Table) -> Iterator[int]:
    places = ", ".join("%s" for _ in table.columns.split(","))
    statement = f"INSERT INTO {table.name} ({table.columns}) VALUES ({places})"  # noqa: S608
    with connection.cursor() as cursor:
        for part in batched(table.rows(), ROWS_A_STEP):
            cursor.executemany(statement, part)
            yield len(part)


def lock(tables: Sequence[Table]) -> None:
    """Keeps everybody out until the end of the transaction. SQLite's has locked the database already."""
    if connection.vendor == "postgresql":
        names = ", ".join(table.name for table in tables)
        _run(f"LOCK TABLE {names} IN ACCESS EXCLUSIVE MODE")


def set_indexes_aside(tables: Sequence[Table]) -> list[str]:
    """Drops what is quicker made of all rows at once than row by row. Returns the statements that make it again.

    They are the database's own, so that it is what it was to the last name.
    """
    find = defined_in_postgresql if connection.vendor == "postgresql" else _found_in_sqlite
    again = []
    for drop, make in find([table.name for table in tables]):
        _run(drop)
        again.append(make)
    return again


def make_again(statements: Iterable[str], advance: Callable[[int], object]) -> None:
    if connection.vendor == "postgresql":
        _run(f"SET LOCAL maintenance_work_mem = '{INDEX_MEMORY}'")
    for statement in statements:
        _run(statement)
        advance(1)


def set_sequences(tables: Sequence[Table]) -> None:
    """The next row gets the key after the last, whatever the tables held once."""
    style, ops = no_style(), connection.ops
    if connection.vendor == "postgresql":
        statements = ops.sequence_reset_sql(style, [table.model for table in tables])
    else:
        # From 0 SQLite goes on behind the last key.
        statements = ops.sequence_reset_by_name_sql(style, [{"table": t.name} for t in tables])
    for statement in statements:
        _run(statement)


def tidy(tables: Sequence[Table]) -> None:
    """After the commit: statistics for the planner, and on PostgreSQL the visibility that index-only scans need."""
    if connection.vendor == "postgresql":
        _run(f"VACUUM (ANALYZE) {', '.join(table.name for table in tables)}")
    else:
        _run("ANALYZE")
        _run("PRAGMA wal_checkpoint(TRUNCATE)")


# Foreign keys and unique constraints; keys that others point at stay. Then the indexes that no constraint made.
OF_POSTGRESQL = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname),
       format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM (SELECT * FROM pg_constraint ORDER BY contype DESC, conname) AS found
WHERE contype IN ('f', 'u') AND conrelid::regclass::text = ANY(%s)
UNION ALL
SELECT format('DROP INDEX %%s', indexrelid::regclass),
       -- Of a partitioned table it tells the index of no partition.
       replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ')
FROM pg_index
WHERE indrelid::regclass::text = ANY(%s)
  AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
"""


def defined_in_postgresql(names: list[str]) -> list[tuple[str, str]]:
    """How to drop each foreign key, unique constraint and index of the tables, and how to make it again."""
    return _asked(OF_POSTGRESQL, [names, names])


def _found_in_sqlite(names: list[str]) -> list[tuple[str, str]]:
    places = ", ".join("%s" for _ in names)
    statement = (
        "SELECT 'DROP INDEX \"' || name || '\"', sql FROM sqlite_master"  # noqa: S608
        f" WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({places})"
    )
    return _asked(statement, [*names])


def _asked(statement: str, values: list[Any]) -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return [(drop, make) for drop, make in cursor.fetchall()]


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
