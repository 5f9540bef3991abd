from collections.abc import Callable
from functools import wraps

from django.db import OperationalError, connection, transaction

ATTEMPTS = 3
DEADLOCK_DETECTED = "40P01"  # PostgreSQL, appendix A: error codes


def rest_connection() -> None:
    """Gives the database connection back while bytes of image data move; the next query opens one again.

    Else a portal with many slow transfers would hold as many connections.
    """
    if not connection.in_atomic_block:
        connection.close()


def whole[**P, R](verb: Callable[P, R]) -> Callable[P, R]:
    """Runs the verb in one transaction, all or nothing; again where PostgreSQL broke a deadlock by ending it."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                with transaction.atomic():
                    return verb(*args, **kwargs)
            except OperationalError as error:
                broken = getattr(error.__cause__, "sqlstate", None) == DEADLOCK_DETECTED
                if not broken or attempt == ATTEMPTS or connection.in_atomic_block:
                    raise
        raise AssertionError("unreachable")

    return run
