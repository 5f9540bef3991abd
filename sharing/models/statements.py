"""The SQL of what is asked for, and what is made of its rows."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, models
from django.db.models.expressions import RawSQL
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql.compiler import SQLCompiler

from sharing.models import returning

# Marks what is found in a part of which the reader may see each row; in others, that is the part's number.
ALL_VISIBLE = -1

type Rows = list[tuple[Any, ...]]
# Makes what is returned of the database's rows and the alias that they came from.
type Read = Callable[[Rows, str], list[Any]]
type Made = tuple[str, Sequence[Any], models.QuerySet[Any, Any], Read]
type Built[T] = models.QuerySet[Any, T] | Change[T] | Count[T] | Look[T]


class Change[M](NamedTuple):
    """An UPDATE of the rows of a QuerySet that returns the rows it changed."""

    rows: models.QuerySet[Any]
    values: dict[str, Any]


class Count[N](NamedTuple):
    """How many rows a QuerySet has, as the only value."""

    rows: models.QuerySet[Any, Any]


class Look[T](NamedTuple):
    """What is found in parts of a list, in one statement, each part looked through as far as its rows go.

    `parts`: rows in order, how many they are at most, 0 where all are found, and a number to mark them. The last column
    of the rows tells whether they are found; `downwards`, of the first ones, which way the list is sorted by each.
    Gives `limit` rows at most: those found, and the last of each part, where that has so many. Behind the values stand
    whether it is found, whether it is that last row, and the mark of its part.
    `further`: where nothing is found before such a last row, the first that is found beyond it takes the place of all,
    as found and last, marked ALL_VISIBLE. It is one of these rows, found beyond what `ended_at` tells and in the same
    columns, or of a part in which all are found.
    """

    parts: Sequence[tuple[models.QuerySet[Any, Any], int, int]]
    downwards: Sequence[bool]
    limit: int
    further: Sequence[models.QuerySet[Any, Any]] = ()


def ended_at(place: int) -> RawSQL:
    """In the rows that are `further` of a Look: a value of the row at which it ended with nothing found."""
    return RawSQL(f"(SELECT v{place} FROM ended)", ())  # noqa: S608, S611


def made[T](built: Built[T]) -> Made:
    match built:
        case Change():
            return _update(built)
        case Count():
            return _count(built)
        case Look():
            return _look(built)
        case _:
            return _select(built)


def _select(queryset: models.QuerySet[Any, Any]) -> Made:
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    selected = [expression for expression, *_ in compiler.select[: compiler.col_count]]
    converted = _converted(compiler, selected)
    if queryset._iterable_class is not ModelIterable:
        return sql, parameters, queryset, lambda rows, alias: converted(rows)
    mode = queryset._fetch_mode  # type: ignore[attr-defined]  # missing in the stubs
    read = _objects(compiler, mode)
    return sql, parameters, queryset, lambda rows, alias: read(converted(rows), alias)


def _count(count: Count[Any]) -> Made:
    compiler = count.rows.values_list("pk").query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    counting = f"SELECT COUNT(*) FROM ({sql}) counted"  # noqa: S608
    return counting, parameters, count.rows, lambda rows, alias: [number for (number,) in rows]


def _look(look: Look[Any]) -> Made:
    selects, parameters, compiler = [], [], None
    for number, (rows, most, mark) in enumerate(look.parts):
        one = rows.query.get_compiler(connection=connection)
        try:
            sql, values = one.as_sql()
        except EmptyResultSet:
            continue
        last = f"row_number() OVER () = {most}" if most else "FALSE"
        # In the order that the rows have: sorted once more, all would be looked at before the first is told.
        numbered = f"SELECT looked.*, {last} AS last, {mark} AS mark FROM ({sql}) looked"  # noqa: S608
        told = f"SELECT * FROM ({numbered}) numbered WHERE found OR last LIMIT {look.limit}"  # noqa: S608
        selects.append(f"SELECT * FROM ({told}) part{number}")  # noqa: S608
        parameters += values
        compiler = one
    if compiler is None:
        raise EmptyResultSet
    ways = ("DESC" if down else "ASC" for down in look.downwards)
    order = ", ".join(f"{place} {way}" for place, way in enumerate(ways, 1))
    sql = " UNION ALL ".join(selects)
    if look.further:
        sql, values = _gone_further(look, sql, order, len(compiler.select))
        parameters += values
    sql = f"{sql} ORDER BY {order} LIMIT {look.limit}"
    converted = _converted(compiler, [one for one, *_ in compiler.select])
    return sql, parameters, look.parts[0][0], lambda rows, alias: converted(rows)


def _gone_further(look: Look[Any], looked: str, order: str, columns: int) -> tuple[str, list[Any]]:
    """The look, and what else is to be found where it found nothing."""
    names = ", ".join(f"v{place}" for place in range(columns - 1))
    # Of a part in which all are found, what comes first is here already.
    selects, parameters = [f"SELECT {names}, TRUE, TRUE, {ALL_VISIBLE} FROM looked WHERE found"], []  # noqa: S608
    for number, rows in enumerate(look.further):
        sql, values = rows[:1].query.get_compiler(connection=connection).as_sql()
        first = f"SELECT one.*, TRUE, {ALL_VISIBLE} FROM ({sql}) one"  # noqa: S608
        selects.append(f"SELECT * FROM ({first}) one{number}")  # noqa: S608
        parameters += values
    every = f"{' UNION ALL '.join(selects)} ORDER BY {order} LIMIT 1"
    told = f"""
    WITH looked ({names}, found, last, mark) AS MATERIALIZED ({looked}),
    ended AS MATERIALIZED (SELECT * FROM (SELECT * FROM looked ORDER BY {order} LIMIT 1) first WHERE NOT found),
    further AS MATERIALIZED (SELECT * FROM ({every}) every WHERE EXISTS (SELECT 1 FROM ended))
    SELECT * FROM looked WHERE NOT EXISTS (SELECT 1 FROM further) UNION ALL SELECT * FROM further
    """  # noqa: S608
    return told, parameters


def _update(change: Change[Any]) -> Made:
    model = change.rows.model
    query = returning.update_query(change.rows, change.values)
    compiler = query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    columns = [field.get_col(model._meta.db_table) for field in model._meta.concrete_fields]
    returned = ", ".join(connection.ops.quote_name(column.target.column) for column in columns)
    names = [column.target.attname for column in columns]
    converted = _converted(compiler, columns)

    def read(rows: Rows, alias: str) -> list[Any]:
        return [model.from_db(alias, names, row) for row in converted(rows)]

    return f"{sql} RETURNING {returned}", parameters, change.rows.using(DEFAULT_DB_ALIAS), read


def _converted(compiler: SQLCompiler, selected: list[Any]) -> Callable[[Rows], Rows]:
    """Makes of the database's values what the fields make of them."""
    converters = compiler.get_converters(selected)
    if not converters:
        return lambda rows: rows
    return lambda rows: [tuple(row) for row in compiler.apply_converters(rows, converters)]


def _objects(compiler: SQLCompiler, mode: Any) -> Read:
    """Makes objects of rows as the ORM's ModelIterable does."""
    told = compiler.klass_info
    model, columns = told["model"], told["select_fields"]
    first, last = columns[0], columns[-1] + 1
    names = [column.target.attname for column, *_ in compiler.select[first:last]]
    related = cache(lambda alias: get_related_populators(told, compiler.select, alias, mode))
    annotated = list(compiler.annotation_col_map.items())

    def read(rows: Rows, alias: str) -> list[Any]:
        found, populators = [], related(alias)
        for row in rows:
            one = model.from_db(alias, names, row[first:last], fetch_mode=mode)
            for populator in populators:
                populator.populate(row, one)
            for name, place in annotated:
                setattr(one, name, row[place])
            found.append(one)
        return found

    return read
