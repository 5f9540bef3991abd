"""Statements whose SQL is made once: for calls that come often, and would spend most of their time in making it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import cache, update_wrapper
from inspect import get_annotations
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.query import ModelIterable, get_related_populators
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


class Count[N](NamedTuple):
    """How many rows a QuerySet has, as the only value."""

    rows: models.QuerySet[Any, Any]


class Statement(NamedTuple):
    """SQL, its parameters, and where among them the values of a call go, each adapted to the database.

    It is asked of the database that `rows` would be asked of.
    """

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int, Callable[[Any], Any]], ...]
    rows: models.QuerySet[Any, Any]
    read: "Read"


class Prepared[T]:
    """Wraps a function that builds a QuerySet, a Change or a Count: it is called once, its SQL run with the values of
    each call.

    Its positional parameters are values, of the types in STAND_INS: it may only compare with them or set them, as they
    are; a last `*keys` only in an IN. A call gives each, and none is None. Keyword parameters are its form, with which
    it may do what it likes: of few values, since the SQL of each form is kept for ever. Related objects and annotations
    come as the QuerySet says; what it would prefetch does not.
    PostgreSQL plans it once, too, after some calls: for values as they are on average. `by_value` is for statements
    whose best plan for a tenant or an image of a million rows is another.
    """

    def __init__(
        self,
        build: Callable[..., models.QuerySet[Any, T] | Change[T] | Count[T]],
        kinds: Sequence[type] = (),
        *,
        planned_once: bool = True,
    ) -> None:
        """`kinds`: the types of the values, where the function does not say them."""
        update_wrapper(self, build)
        self._planned_once = planned_once
        self._build = build
        hints = kinds or get_annotations(build, eval_str=True).values()
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
        alias = statement.rows.db
        prepared = _prepared(alias) if self._planned_once else nullcontext()
        with connections[alias].cursor() as cursor, prepared:
            cursor.execute(statement.sql, parameters)
            rows = cursor.fetchall()
        return statement.read(rows, alias)

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
        match built:
            case Change():
                sql, parameters, rows, read = _update(built)
            case Count():
                sql, parameters, rows, read = _count(built)
            case _:
                sql, parameters, rows, read = _select(built)
        return Statement(sql, tuple(parameters), _places(parameters, stand_ins), rows, read)


def by_value[T](build: Callable[..., models.QuerySet[Any, T] | Count[T]]) -> Prepared[T]:
    """A statement whose SQL is made once, and that is planned at each call."""
    return Prepared(build, planned_once=False)


@contextmanager
def _prepared(alias: str) -> Iterator[None]:
    """Nothing else is prepared (`portal.database_settings`): the ORM's statements are of all kinds."""
    if connections[alias].vendor != "postgresql":
        yield
        return
    postgresql = connections[alias].connection
    postgresql.prepare_threshold = settings.PREPARE_THRESHOLD
    try:
        yield
    finally:
        postgresql.prepare_threshold = None


# Makes what is returned of the database's rows and the alias that they came from.
type Read = Callable[[Rows, str], list[Any]]
type Made = tuple[str, Sequence[Any], models.QuerySet[Any, Any], Read]


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
