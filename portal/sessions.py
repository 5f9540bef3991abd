"""Django's sessions in the database, for keys that are keys."""

from datetime import datetime

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from sharing.models.prepared import Prepared


@Prepared
def _session(key: str, now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(session_key=key, expire_date__gt=now)


class SessionStore(DatabaseStore):
    def _get_session_from_db(self) -> Session | None:
        found = _session.first(self.session_key, timezone.now())
        if found is None:
            self._session_key = None
        return found

    def _validate_session_key(self, key: str) -> bool:
        # A cookie can hold anything, such as a NUL, which PostgreSQL does not take.
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()
