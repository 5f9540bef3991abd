"""Statements whose SQL is made once: for calls that come often, and would spend most of their time in making it."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from inspect import get_annotations
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, models
from django.db.models.query import ModelIterable
from django.db.models.sql.compiler import SQLCompiler

from sharing.models import returning

# What stands for a value while the SQL is made: no two alike, and none that anybody sends.
STAND_INS: dict[type, Callable[[int], Any]] = {
    str: lambda number: f"\x01{number}\x01",
    int: lambda number: 7_000_000_000_000_000 + number,
    UUID: lambda number: UUID(int=2**100 + number),
    datetime: lambda number: datetime(1, 2, 3, tzinfo=UTC) + timedelta(seconds=number),
}

type Rows = list[tuple[Any, ...]]


class Change[M](NamedTuple):
    """An UPDATE of the rows of a QuerySet that returns the rows it changed."""

    rows: models.QuerySet[Any]
    values: dict[str, Any]


class Statement(NamedTuple):
    """SQL, its parameters, and where among them the values of a call go, each adapted to the database."""

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int, Callable[[Any], Any]], ...]
    read: Callable[[Rows], list[Any]]


class Prepared[T]:
    """Wraps a function that builds a QuerySet or a Change: it is called once, its SQL run with the values of each call.

    Its positional parameters are values, of the types in STAND_INS: it may only compare with them or set them, as they
    are; a last `*keys` only in an IN. A call gives each, and none is None. Keyword parameters are its form, with which
    it may do what it likes: of few values, since the SQL of each form is kept for ever.
    """

    def __init__(self, build: Callable[..., models.QuerySet[Any, T] | Change[T]]) -> None:
        update_wrapper(self, build)
        self._build = build
        hints = get_annotations(build, eval_str=True).values()
        self._kinds = [kind for kind in hints if kind in STAND_INS]
        self._statements: dict[Any, Statement] = {}

    def __call__(self, *values: Any, **form: Any) -> list[T]:
        """The objects or tuples that the QuerySet would give."""
        values = self._filled(values)
        key = (connection.vendor, len(values), *form.items())
        statement = self._statements.get(key)
        if statement is None:
            statement = self._statements[key] = self._make(len(values), form)
        parameters = list(statement.parameters)
        for place, number, adapt in statement.places:
            parameters[place] = adapt(values[number])
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, parameters)
            rows = cursor.fetchall()
        return statement.read(rows)

    def first(self, *values: Any, **form: Any) -> T | None:
        rows = self(*values, **form)
        return rows[0] if rows else None

    def _filled(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        """Repeats the last of several keys, so that there are few forms, each kept for ever: of 1, 2, 4, 8 ... keys."""
        several = len(values) - len(self._kinds) + 1
        if several < 2:
            return values
        return values + values[-1:] * ((1 << (several - 1).bit_length()) - several)

    def _make(self, count: int, form: dict[str, Any]) -> Statement:
        # A last parameter `*keys: UUID` takes none, one or several.
        kinds = [*self._kinds, *self._kinds[-1:] * (count - len(self._kinds))][:count]
        stand_ins = [STAND_INS[kind](number) for number, kind in enumerate(kinds)]
        built = self._build(*stand_ins, **form)
        sql, parameters, read = _update(built) if isinstance(built, Change) else _select(built)
        return Statement(sql, tuple(parameters), _places(parameters, stand_ins), read)


type Made = tuple[str, Sequence[Any], Callable[[Rows], list[Any]]]


def _select(queryset: models.QuerySet[Any, Any]) -> Made:
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    selected = [expression for expression, *_ in compiler.select[: compiler.col_count]]
    objects = queryset._iterable_class is ModelIterable
    mode = queryset._fetch_mode  # type: ignore[attr-defined]  # missing in the stubs
    return sql, parameters, _reader(queryset.model, compiler, selected, objects, mode)


def _update(change: Change[Any]) -> Made:
    model = change.rows.model
    query = returning.update_query(change.rows, change.values)
    compiler = query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    columns = [field.get_col(model._meta.db_table) for field in model._meta.concrete_fields]
    returned = ", ".join(connection.ops.quote_name(column.target.column) for column in columns)
    return f"{sql} RETURNING {returned}", parameters, _reader(model, compiler, columns, True)


def _reader(
    model: type[models.Model],
    compiler: SQLCompiler,
    selected: list[Any],
    objects: bool,
    mode: Any = models.FETCH_ONE,
) -> Callable[[Rows], list[Any]]:
    """Makes of the database's rows what the ORM makes of them."""
    converters = compiler.get_converters(selected)
    names = [expression.target.attname for expression in selected] if objects else []

    def read(rows: Rows) -> list[Any]:
        if converters:
            rows = [tuple(row) for row in compiler.apply_converters(rows, converters)]
        if objects:
            return [model.from_db(connection.alias, names, row, fetch_mode=mode) for row in rows]
        return rows

    return read


def _places(
    parameters: Sequence[Any], stand_ins: Sequence[Any]
) -> tuple[tuple[int, int, Callable[[Any], Any]], ...]:
    places = []
    for number, stand_in in enumerate(stand_ins):
        adapt = _adapter(stand_in)
        adapted = adapt(stand_in)
        found = [place for place, value in enumerate(parameters) if value == adapted]
        if not found:
            raise TypeError(f"Value {number} does not stand in the SQL as it is.")
        places += [(place, number, adapt) for place in found]
    return tuple(places)


def _adapter(stand_in: object) -> Callable[[Any], Any]:
    """What the database takes for a value of this kind."""
    if isinstance(stand_in, UUID) and not connection.features.has_native_uuid_field:
        return lambda value: value.hex
    if isinstance(stand_in, datetime):
        return connection.ops.adapt_datetimefield_value
    return lambda value: value
