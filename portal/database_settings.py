"""Reads the settings of the database on PostgreSQL from the text of environment variables."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

POOLERS = ("transaction",)
PREPARE_THRESHOLD = 5


def prepare_threshold(pooler: str, chosen: int | None) -> int | None:
    """After how many times a connection prepares a statement; None for never, as behind a pooler unless chosen."""
    if chosen is None:
        chosen = 0 if pooler else PREPARE_THRESHOLD
    return max(chosen, 0) or None


def postgresql(found: dict[str, Any], pooler: str) -> dict[str, Any]:
    """The settings of a database that `found` addresses; what its URL sets stands.

    `pooler`: how a pooler in front hands connections on, empty for none. With `transaction` two transactions of a
    connection here may run in two sessions of PostgreSQL, so nothing that a session keeps is relied on.
    """
    if pooler and pooler not in POOLERS:
        allowed = ", ".join(POOLERS)
        raise ImproperlyConfigured(
            f"DATABASE_POOLER must be {allowed}, or empty for none, not {pooler!r}"
        )
    options = found.get("OPTIONS", {})
    if pooler and "assume_role" in options:
        raise ImproperlyConfigured(
            "DATABASE_URL: assume_role is of a session, which a pooler shares with others"
        )
    # What is prepared says so itself: `sharing.models.prepared`.
    ours = {"server_side_binding": True, "prepare_threshold": None}
    settings = {
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": bool(pooler),
    }
    return settings | found | {"OPTIONS": ours | options}
