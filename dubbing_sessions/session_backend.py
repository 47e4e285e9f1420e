"""Where Django keeps who is signed in: its own tables. Its word for a sign-in is session, which here is a dubbing project."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: Any) -> bool:
        """Take for no sign-in at all what Django never made: a cookie's NUL would be an error of PostgreSQL's."""
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()  # type: ignore[misc]  # not in the stubs
