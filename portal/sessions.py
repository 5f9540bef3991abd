"""Django's sessions in the database, for keys that are keys."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore


class SessionStore(DatabaseStore):
    def _validate_session_key(self, key: str) -> bool:
        # A cookie can hold anything, such as a NUL, which PostgreSQL does not take.
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()
