"""Statements whose SQL is made once: for calls that come often, and would spend most of their time in making it."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from functools import update_wrapper
from inspect import get_annotations
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

from sharing.models.statements import Built, Read, Rows, made

# What stands for a value while the SQL is made: no two alike, and none that anybody sends.
STAND_INS: dict[type, Callable[[int], Any]] = {
    str: lambda number: f"\x01{number}\x01",
    int: lambda number: 7_000_000_000_000_000 + number,
    UUID: lambda number: UUID(int=2**100 + number),
    datetime: lambda number: datetime(1, 2, 3, tzinfo=UTC) + timedelta(seconds=number),
}


class Statement(NamedTuple):
    """SQL, its parameters, and where among them the values of a call go, each adapted to the database.

    It is asked of the database that `rows` would be asked of.
    """

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int, Callable[[Any], Any]], ...]
    rows: models.QuerySet[Any, Any]
    read: Read


class Prepared[T]:
    """Wraps a function that builds a QuerySet, a Change, a Count or a Look: it is called once, its SQL run with the
    values of each call.

    Its positional parameters are values, of the types in STAND_INS: it may only compare with them or set them, as they
    are; a last `*keys` only in an IN. A call gives each, and none is None. Keyword parameters are its form, with which
    it may do what it likes: of few values, since the SQL of each form is kept for ever. Related objects and annotations
    come as the QuerySet says; what it would prefetch does not.
    PostgreSQL plans it once, too, for values as they are on average. `by_value` is for statements whose best plan for a
    tenant or an image of a million rows is another, or whose values tell that a partial index serves them.
    """

    def __init__(
        self,
        build: Callable[..., Built[T]],
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
        rows = _rows(alias, statement.sql, parameters, planned_once=self._planned_once)
        return statement.read(rows, alias)

    def first(self, *values: Any, **form: Any) -> T | None:
        rows = self(*values, **form)
        return rows[0] if rows else None

    def _filled(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        several = len(values) - len(self._kinds) + 1
        return values if several < 2 else values[:-several] + filled(values[-several:])

    def _make(self, count: int, form: dict[str, Any]) -> Statement:
        # A last parameter `*keys: UUID` takes none, one or several.
        kinds = [*self._kinds, *self._kinds[-1:] * (count - len(self._kinds))][:count]
        stand_ins = [STAND_INS[kind](number) for number, kind in enumerate(kinds)]
        sql, parameters, rows, read = made(self._build(*stand_ins, **form))
        return Statement(sql, tuple(parameters), _places(parameters, stand_ins), rows, read)


def filled[V](keys: tuple[V, ...]) -> tuple[V, ...]:
    """Repeats the last of several keys, so that there are few forms: of 1, 2, 4, 8 ... keys."""
    return keys + keys[-1:] * ((1 << max(len(keys) - 1, 0).bit_length()) - len(keys))


def by_value[T](build: Callable[..., Built[T]]) -> Prepared[T]:
    """A statement whose SQL is made once, and that is planned at each call."""
    return Prepared(build, planned_once=False)


def _rows(alias: str, sql: str, parameters: Sequence[Any], *, planned_once: bool = False) -> Rows:
    asked = connections[alias]
    with _bound_by_the_server(asked) if planned_once else nullcontext(), asked.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: Rows = cursor.fetchall()
    return rows


@contextmanager
def _bound_by_the_server(asked: BaseDatabaseWrapper) -> Iterator[None]:
    """PostgreSQL binds the values, and so can keep the statement; all others have them in the SQL, and are planned for
    them."""
    if asked.vendor != "postgresql":
        yield
        return
    from django.db.backends.postgresql.base import ServerBindingCursor

    asked.close_if_health_check_failed()
    asked.ensure_connection()
    postgresql = asked.connection
    usual = postgresql.cursor_factory
    if postgresql.prepare_threshold is not None:
        postgresql.cursor_factory = ServerBindingCursor
    try:
        yield
    finally:
        postgresql.cursor_factory = usual


def _places(
    parameters: Sequence[Any], stand_ins: Sequence[Any]
) -> tuple[tuple[int, int, Callable[[Any], Any]], ...]:
    held = defaultdict(list)
    for place, value in enumerate(parameters):
        if isinstance(value, Hashable):
            held[value].append(place)
    places = []
    for number, stand_in in enumerate(stand_ins):
        adapt = _adapter(stand_in)
        found = held.get(adapt(stand_in))
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
