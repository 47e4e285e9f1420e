"""Login sessions: Django's database backend.

Django calls a login a session, which in this project is a dubbing session.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth import BACKEND_SESSION_KEY
from django.contrib.sessions.backends import db
from django.db import connection
from django.utils import timezone

SELECT_DATA = "SELECT session_data FROM django_session WHERE session_key = %s AND expire_date > %s"

EARLIER_BACKENDS = {
    "django.contrib.auth.backends.ModelBackend": "sessions_app.account_backends.PasswordBackend",
    "allauth.account.auth_backends.AuthenticationBackend": "sessions_app.account_backends.EmailBackend",
}
"""Names in logins of earlier versions of the portal, which stay valid."""


class SessionStore(db.SessionStore):
    def load(self) -> dict[str, Any]:
        """Return the data of the login, by plain SQL.

        Each request of a browser reads it, and the ORM takes five times as long.
        """
        now = connection.ops.adapt_datetimefield_value(timezone.now())  # noqa: TID251 (Django passes no time)
        with connection.cursor() as cursor:
            cursor.execute(SELECT_DATA, [self.session_key, now])
            row = cursor.fetchone()
        if row is None:
            self._session_key = None  # as Django does: it is replaced by a new one
            return {}
        data: dict[str, Any] = self.decode(row[0])
        if data.get(BACKEND_SESSION_KEY) in EARLIER_BACKENDS:
            data[BACKEND_SESSION_KEY] = EARLIER_BACKENDS[data[BACKEND_SESSION_KEY]]
        return data

    def _validate_session_key(self, key: Any) -> bool:
        """Reject keys that Django did not generate.

        PostgreSQL raises an error for a NUL in a cookie.
        """
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()  # type: ignore[misc]  # not in the stubs
