"""INSERT, UPDATE and DELETE that tell which rows they touched (SQL `RETURNING`: PostgreSQL, SQLite 3.35)."""

from collections.abc import Sequence
from itertools import batched
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import sql
from django.db.models.constants import OnConflict

# SQLite builds differ in how many parameters they take; 32,766 is the least.
ROWS_A_STATEMENT = 2000

Rows = list[tuple[Any, ...]]


def insert_new(
    queryset: models.QuerySet[Any], rows: Sequence[models.Model], columns: Sequence[str]
) -> Rows:
    """Inserts the rows that no unique constraint refuses, skips the others; returns `columns` of those inserted."""
    inserted: Rows = []
    for part in batched(rows, ROWS_A_STATEMENT):
        statement, params = _insertion(queryset, part)
        inserted += _run(queryset, statement, params, columns)
    return inserted


# The SQL that inserts one row, by what it depends on: it takes longer to make than to run.
_one_row: dict[tuple[str, type[models.Model]], str] = {}


def _insertion(
    queryset: models.QuerySet[Any], rows: Sequence[models.Model]
) -> tuple[str, Sequence[Any]]:
    model, connection = queryset.model, connections[queryset.db]
    fields = [f for f in model._meta.local_concrete_fields if not f.primary_key]
    key = (connection.vendor, model)
    if len(rows) == 1 and key in _one_row:
        [row] = rows
        return _one_row[key], [
            field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields
        ]
    query = sql.InsertQuery(model, on_conflict=OnConflict.IGNORE)
    query.insert_values(fields, list(rows))
    [(statement, params)] = query.get_compiler(queryset.db).as_sql()
    if len(rows) == 1:
        _one_row[key] = statement
    return statement, params


def update(queryset: models.QuerySet[Any], columns: Sequence[str], **values: object) -> Rows:
    return _filtered(queryset, update_query(queryset, values), columns)


def update_query(queryset: models.QuerySet[Any], values: dict[str, Any]) -> sql.UpdateQuery:
    query = cast(sql.UpdateQuery, queryset.query.chain(sql.UpdateQuery))
    query.add_update_values(values)
    return query


def delete(queryset: models.QuerySet[Any], columns: Sequence[str]) -> Rows:
    return _filtered(queryset, queryset.query.chain(sql.DeleteQuery), columns)


def _filtered(queryset: models.QuerySet[Any], query: sql.Query, columns: Sequence[str]) -> Rows:
    try:
        statement, params = query.get_compiler(queryset.db).as_sql()
    except EmptyResultSet:
        return []
    return _run(queryset, statement, params, columns)


def _run(
    queryset: models.QuerySet[Any], statement: str, params: Sequence[Any], columns: Sequence[str]
) -> Rows:
    connection = connections[queryset.db]
    fields = [queryset.model._meta.get_field(name) for name in columns]
    returned = ", ".join(connection.ops.quote_name(field.column) for field in fields)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} RETURNING {returned}", params)
        return [
            tuple(field.to_python(value) for field, value in zip(fields, row, strict=True))
            for row in cursor.fetchall()
        ]
