"""What the tests of partitions ask the database."""

from django.db import connection


def run(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else []


def parts(table: str) -> list[str]:
    """The names of the table's partitions."""
    of = f"SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = '{table}'::regclass ORDER BY 1"  # noqa: S608
    return [name for (name,) in run(of)]


def rows_in(part: str) -> int:
    [(count,)] = run(f"SELECT count(*) FROM {part}")  # noqa: S608
    return count


def kinds() -> dict[str, str]:
    """`p` for a partitioned table, `r` for a plain one."""
    tables = "('sharing_membership', 'sharing_event')"
    return dict(run(f"SELECT relname, relkind FROM pg_class WHERE relname IN {tables}"))  # noqa: S608
