"""What PostgreSQL's catalog tells of a table: all that has to be made again with it."""

from typing import Any, NamedTuple

from django.db import connection

from sharing.errors import Conflict
from sharing.seeding.tables import defined_in_postgresql

TABLE = """
SELECT c.relkind = 'p', c.relname, quote_ident(n.nspname), quote_ident(pg_get_userbyid(c.relowner)),
       pg_get_userbyid(c.relowner) = current_user,
       (SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = c.oid AND contype = 'p'),
       ARRAY(SELECT quote_ident(attname) FROM pg_attribute
             WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum),
       pg_get_serial_sequence(c.oid::regclass::text, 'id')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass(%s)
"""
# None of them is Proffer's own; they would be lost with the table that they hang on.
EXTRAS = """
SELECT 'triggers' FROM pg_trigger WHERE tgrelid = to_regclass(%(name)s) AND NOT tgisinternal
UNION SELECT 'exclusion constraints' FROM pg_constraint WHERE conrelid = to_regclass(%(name)s) AND contype = 'x'
UNION SELECT 'policies' FROM pg_policy WHERE polrelid = to_regclass(%(name)s)
UNION SELECT 'rules' FROM pg_rewrite WHERE ev_class = to_regclass(%(name)s)
UNION SELECT 'publications' FROM pg_publication_rel WHERE prrelid = to_regclass(%(name)s) ORDER BY 1
"""
GRANTS = """
SELECT format('GRANT %%s ON {name} TO %%s', string_agg(privilege_type, ', '),
              CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee)) END)
FROM pg_class, aclexplode(relacl) WHERE oid = to_regclass(%s) AND grantee <> relowner GROUP BY grantee ORDER BY 1
"""


class Table(NamedTuple):
    """Names are quoted, ready for SQL; `again` makes constraints, indexes and rights that are not of its columns."""

    is_divided: bool
    name: str
    schema: str
    owner: str
    is_ours: bool
    primary_key: str
    columns: str
    sequence: str
    last_key: int
    key_was_taken: bool
    again: list[str]


def is_divided(name: str) -> bool:
    """Whether the table is partitioned. False where there are no partitions, as on SQLite."""
    if connection.vendor != "postgresql":
        return False
    rows = asked("SELECT relkind = 'p' FROM pg_class WHERE oid = to_regclass(%s)", [name])
    return bool(rows and rows[0][0])


def table(name: str) -> Table:
    """Refused (Conflict): there is none, or something hangs on it that Proffer did not make."""
    rows = asked(TABLE, [name])
    if not rows:
        raise Conflict("This database is not migrated: run migrate first. Nothing was changed.")
    divided, relname, schema, owner, is_ours, key, columns, sequence = rows[0]
    if extras := [kind for (kind,) in asked(EXTRAS, {"name": name})]:
        raise Conflict(
            f"{relname} has {' and '.join(extras)} that are not Proffer's and would be lost: drop them, and make them"
            " again afterwards. Nothing was changed."
        )
    [(last_key, was_taken)] = asked(f"SELECT last_value, is_called FROM {sequence}")  # noqa: S608
    qualified = f"{schema}.{connection.ops.quote_name(relname)}"
    makes = [make for _, make in defined_in_postgresql([name])]
    grants = [grant for (grant,) in asked(GRANTS.format(name=qualified), [name])]
    return Table(
        divided, qualified, schema, owner, is_ours, key, ", ".join(columns), sequence, last_key, was_taken,
        [*makes, *grants],
    )  # fmt: skip


def asked(statement: str, values: Any = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


def run(statement: str, values: Any = None) -> int:
    """Returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)
