"""Login sessions: Django's database backend.

Django calls a login a session, which in this project is a dubbing session.
"""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: Any) -> bool:
        """Reject keys that Django did not generate.

        PostgreSQL raises an error for a NUL in a cookie.
        """
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()  # type: ignore[misc]  # not in the stubs
