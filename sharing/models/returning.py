"""INSERT, UPDATE and DELETE that tell which rows they touched (SQL `RETURNING`: PostgreSQL, SQLite 3.35)."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from django.core.exceptions import EmptyResultSet
from django.db import connections, models
from django.db.models import sql
from django.db.models.constants import OnConflict

Rows = list[tuple[Any, ...]]

# The SQL of insertions, by what it depends on: it takes longer to make than to run.
_insertions: dict[tuple[Any, ...], str] = {}


def insert_each(
    queryset: models.QuerySet[Any],
    like: models.Model,
    each: Mapping[str, Sequence[Any]],
    columns: Sequence[str],
) -> Rows:
    """Inserts a row for each place of the sequences in `each`, all of one length: one statement, however many they are.

    A row has the values of `like`, but for the attributes that `each` names. Rows that a unique constraint refuses are
    skipped; returns `columns` of those inserted.
    """
    connection = connections[queryset.db]
    number = len(next(iter(each.values())))
    if not number:
        return []
    for attribute, values in each.items():
        setattr(like, attribute, values[0])
    fields = [f for f in queryset.model._meta.local_concrete_fields if not f.primary_key]
    varying = [f for f in fields if number > 1 and f.attname in each]
    same = [f for f in fields if f not in varying]
    parameters = [f.get_db_prep_save(f.pre_save(like, add=True), connection) for f in same]
    key = (connection.vendor, queryset.model, *(f.attname for f in varying))
    if varying:
        adapted = [[f.get_db_prep_save(v, connection) for v in each[f.attname]] for f in varying]
        several = connection.vendor == "postgresql"
        parameters += adapted if several else [json.dumps([*zip(*adapted, strict=True)])]
    if key not in _insertions:
        _insertions[key] = _insertion(connection, queryset.model, same, varying)
    return _run(queryset, _insertions[key], parameters, columns)


def _insertion(
    connection: Any, model: type[models.Model], same: list[Any], varying: list[Any]
) -> str:
    """Takes a parameter for each of `same`; then one for each of `varying`, with the values of all rows.

    On SQLite that last is one: all of them, in JSON.
    """
    postgresql = connection.vendor == "postgresql"
    quote = connection.ops.quote_name
    fields = (*same, *varying)
    # Without its length: a cast to varchar(20) would cut silently what is longer.
    kind = {field: re.sub(r"\(\d+\)", "", field.db_type(connection)) for field in fields}
    values = [f"%s::{kind[field]}" if postgresql else "%s" for field in same]
    if not varying:
        chosen = f"VALUES ({', '.join(values)})"
    elif postgresql:
        lists = ", ".join(f"%s::{kind[field]}[]" for field in varying)
        chosen = _select((*values, "row.*"), f"unnest({lists}) AS row")
    else:
        places = (f"json_extract(value, '$[{place}]')" for place in range(len(varying)))
        chosen = _select((*values, *places), "json_each(%s)")
    return " ".join([
        connection.ops.insert_statement(OnConflict.IGNORE),
        f"{quote(model._meta.db_table)} ({', '.join(quote(field.column) for field in fields)})",
        chosen,
        connection.ops.on_conflict_suffix_sql((), OnConflict.IGNORE, (), ()),
    ])  # fmt: skip


def _select(what: Iterable[str], source: str) -> str:
    return f"SELECT {', '.join(what)} FROM {source}"  # noqa: S608  # of names in the code alone


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
