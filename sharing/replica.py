"""Lists from a replica of the database: where there is one, and it shows what the reader changed last.

What decides rights, and whatever a verb reads, is asked of the primary. So is a list that the replica cannot give.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial
from threading import Lock
from typing import Any

from django.db import DEFAULT_DB_ALIAS, Error, connections, models
from django.http import Http404

from sharing.models import Event, Image, ImageTag, LogPosition, Membership, Upload
from sharing.models.log_position import REPLICA, NoReplica, has_replica, is_replayed
from sharing.tenancy import Actor
from sharing.transactions import asked_first

LISTED = {Event, Image, ImageTag, Membership, Upload}
# Seconds that a process leaves a replica alone that failed.
REST = 10.0
log = logging.getLogger(__name__)
_asked: ContextVar[str] = ContextVar("asked", default=DEFAULT_DB_ALIAS)


class ListRouter:
    """Reads what a list is made of where `read_list` says, and everything else from the primary.

    What came from a replica may be old: to save it is refused, by the replica.
    """

    def db_for_read(self, model: type[models.Model], **hints: Any) -> str:
        return _asked.get() if model in LISTED else DEFAULT_DB_ALIAS

    def allow_relation(self, one: models.Model, other: models.Model, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == DEFAULT_DB_ALIAS


def read_list[T](read: Callable[[], T], *, by: Actor) -> T:
    """What `read` returns: of the replica where that shows all that the actor's tenant and the actor itself changed.

    `read` changes nothing and returns nothing lazy. Where the replica fails it, it is called again, on the primary; so
    it is where it misses what the caller just saw there.
    """
    if not (has_replica() and _shows_own(by)):
        return read()
    before = _asked.set(REPLICA)
    try:
        return read()
    except (Error, Http404) as failed:
        # A conflict with recovery ends a statement; a server that went ends the connection.
        connection = connections[REPLICA]
        connection.close_if_unusable_or_obsolete()
        if connection.connection is None:
            rest.begin(failed)
    finally:
        _asked.reset(before)
    return read()


def _shows_own(by: Actor) -> bool:
    if not rest.is_over():
        return False
    wanted = LogPosition.objects.wanted(by.tenant_id, by.user)
    try:
        shown = asked_first(partial(is_replayed, wanted), REPLICA)
    except (Error, NoReplica) as failed:
        # Of several hosts, the next connection finds one that is a replica then.
        connections[REPLICA].close()
        rest.begin(failed)
        return False
    rest.end()
    return shown


class Rest:
    """A replica that failed is left alone for REST seconds; then one request tries it, the others not before it did."""

    def __init__(self) -> None:
        self._until: float | None = None
        self._lock = Lock()

    def is_over(self) -> bool:
        with self._lock:
            if self._until is None:
                return True
            now = time.monotonic()
            if now < self._until:
                return False
            self._until = now + REST
            return True

    def begin(self, why: Exception) -> None:
        if self._until is None:
            log.warning("Lists come from the primary: the replica failed. %s", why)
        self._until = time.monotonic() + REST

    def end(self) -> None:
        if self._until is not None:
            log.warning("Lists come from the replica again.")
            self._until = None


rest = Rest()
