"""Reads the settings of the database on PostgreSQL from the text of environment variables."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

POOLERS = ("transaction",)
PREPARE_THRESHOLD = 5
# What is prepared is planned once. Left to itself, PostgreSQL plans a statement anew at each call among many rows,
# where a plan for all tenants is reckoned dearer than one for this tenant, and takes a third longer.
PLANNED_ONCE = "-c plan_cache_mode=force_generic_plan"


def prepare_threshold(pooler: str, chosen: int | None) -> int | None:
    """After how many times a connection prepares a statement; None for never, as behind a pooler unless chosen."""
    if chosen is None:
        chosen = 0 if pooler else PREPARE_THRESHOLD
    return max(chosen, 0) or None


def postgresql(found: dict[str, Any], pooler: str, chosen: int | None = None) -> dict[str, Any]:
    """The settings of a database that `found` addresses; what its URL sets stands.

    `pooler`: how a pooler in front hands connections on, empty for none. With `transaction` two transactions of a
    connection here may run in two sessions of PostgreSQL, so nothing that a session keeps is relied on.
    `chosen`: as for `prepare_threshold`.
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
    # Only of statements whose values the server binds: `sharing.models.prepared`.
    ours: dict[str, Any] = {"prepare_threshold": prepare_threshold(pooler, chosen)}
    if not pooler:
        options = options | {"options": f"{PLANNED_ONCE} {options.get('options', '')}".rstrip()}
    settings = {
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": bool(pooler),
    }
    return settings | found | {"OPTIONS": ours | options}
