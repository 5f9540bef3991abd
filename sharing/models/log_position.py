"""How far PostgreSQL has written its log: a replica that has replayed as much shows what was committed before."""

from typing import ClassVar, NamedTuple

from django.conf import settings
from django.db import connection, connections, models

REPLICA = "replica"
EMAIL_MAX = 254

# The position is taken with the row locked, so a later one is never overwritten by an earlier. It may be lost with the
# server: then a list lags once, for which no writer waits for a disk.
KEEP = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true))
INSERT INTO sharing_logposition (who, position)
SELECT who, pg_current_wal_insert_lsn() - '0/0' FROM quick, unnest(%s::text[]) AS who
ON CONFLICT (who) DO UPDATE SET position = pg_current_wal_insert_lsn() - '0/0'
"""
ASKED = """
SELECT coalesce(max(position), 0), (pg_current_wal_insert_lsn() - '0/0')::bigint,
       (pg_current_wal_flush_lsn() - '0/0')::bigint
FROM sharing_logposition WHERE who = ANY(%s::text[])
"""
REPLAYED = """
SELECT pg_is_in_recovery(), replayed >= %s AND (
    replayed >= %s OR clock_timestamp() - pg_last_xact_replay_timestamp() < make_interval(secs => %s)
) FROM (SELECT pg_last_wal_replay_lsn() - '0/0') AS log (replayed)
"""


class Wanted(NamedTuple):
    """Positions of the log that a replica is held against: of the last own change, and of all that is on disk."""

    own: int
    all: int


class LogPositionManager(models.Manager["LogPosition"]):
    def keep(self, *who: str) -> None:
        """Keeps that they changed something, which is committed."""
        with connection.cursor() as cursor:
            cursor.execute(KEEP, [list(dict.fromkeys(filter(None, who)))])

    def wanted(self, *who: str) -> Wanted:
        """What the primary says that a replica must have replayed, to show them what they changed."""
        with connection.cursor() as cursor:
            cursor.execute(ASKED, [list(who)])
            own, written, flushed = cursor.fetchone()
        # One beyond the log is of another server, whose data was restored here.
        return Wanted(own if own <= written else 0, flushed)


class LogPosition(models.Model):
    """How far the log was, in bytes, when a tenant or a user last changed something; kept where there is a replica."""

    who = models.CharField("tenant ID or e-mail address", max_length=EMAIL_MAX, primary_key=True)
    position = models.BigIntegerField()

    objects: ClassVar[LogPositionManager] = LogPositionManager()

    def __str__(self) -> str:
        return f"{self.who}: {self.position}"


def has_replica() -> bool:
    return REPLICA in connections.settings


class NoReplica(Exception):
    """The server is a primary: others changed what it has, or nobody any more."""


def is_replayed(wanted: Wanted) -> bool:
    """Whether the replica shows the own changes, and lags no more than REPLICA_LAG_MAX seconds. Raises NoReplica."""
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(REPLAYED, [*wanted, settings.REPLICA_LAG_MAX])
        is_replica, replayed = cursor.fetchone()
    if not is_replica:
        raise NoReplica("The server at DATABASE_REPLICA_URL is a primary.")
    return bool(replayed)
