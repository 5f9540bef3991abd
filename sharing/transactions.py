from collections.abc import Callable
from functools import partial, wraps

from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connection,
    connections,
    transaction,
)

from sharing.models import LogPosition
from sharing.models.log_position import has_replica
from sharing.tenancy import Actor

ATTEMPTS = 3
DEADLOCK_DETECTED = "40P01"  # PostgreSQL, appendix A: error codes


def rest_connection() -> None:
    """Gives the database connections back while bytes of image data move; the next query opens one again.

    Else a portal with many slow transfers would hold as many connections.
    """
    for open_one in connections.all(initialized_only=True):
        if not open_one.in_atomic_block:
            open_one.close()


def asked_first[T](ask: Callable[[], T], using: str = DEFAULT_DB_ALIAS) -> T:
    """The first thing that a request asks of a database, and so also whether its connection still lives."""
    first = connections[using]
    was_open = first.connection is not None
    first.health_check_done = True  # type: ignore[attr-defined]  # missing in the stubs
    try:
        return ask()
    except (OperationalError, InterfaceError):
        if not was_open:
            raise
        first.close()
        return ask()


def whole[**P, R](verb: Callable[P, R]) -> Callable[P, R]:
    """Runs the verb in one transaction, all or nothing; again where PostgreSQL broke a deadlock by ending it.

    Lists show what it changed to the tenant and the user that act (`by`) from then on, whatever a replica lacks yet.
    """

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        by = kwargs.get("by")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    if isinstance(by, Actor) and has_replica():
                        # Committed is committed: where this fails, lists lag once.
                        keep = partial(LogPosition.objects.keep, by.tenant_id, by.user)
                        transaction.on_commit(keep, robust=True)
                    return verb(*args, **kwargs)
            except OperationalError as error:
                broken = getattr(error.__cause__, "sqlstate", None) == DEADLOCK_DETECTED
                if not broken or attempt == ATTEMPTS or connection.in_atomic_block:
                    raise
        raise AssertionError("unreachable")

    return run
