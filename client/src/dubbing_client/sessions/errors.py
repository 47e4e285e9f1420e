from __future__ import annotations

from dubbing_client.errors import DubsError


class SessionError(DubsError):
    """Something about a session cannot be done. Its message is a sentence for the person who asked."""

    code = "session"
