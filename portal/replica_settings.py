"""Reads the settings of a read replica from its URL and those of the primary."""

from typing import Any

from django.core.exceptions import ImproperlyConfigured

POSTGRESQL = "django.db.backends.postgresql"
# Seconds to connect to a host, and milliseconds that it may leave what was sent unacknowledged: lists do not wait for
# a host that is gone. Of several hosts, one that is a replica at the time.
OPTIONS = {"connect_timeout": 2, "tcp_user_timeout": 3000, "target_session_attrs": "standby"}


def replica(found: dict[str, Any], primary: dict[str, Any]) -> dict[str, Any]:
    """The settings of the replica that `found` addresses: the primary's, but for what its own URL sets."""
    if {found["ENGINE"], primary["ENGINE"]} != {POSTGRESQL}:
        raise ImproperlyConfigured(
            "DATABASE_REPLICA_URL: only PostgreSQL has replicas, so DATABASE_URL and this one are postgres://..."
        )
    options = primary.get("OPTIONS", {}) | OPTIONS | found.get("OPTIONS", {})
    return primary | found | {"OPTIONS": options}
