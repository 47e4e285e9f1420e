from __future__ import annotations

from dubbing_client.errors import DubsError


class SessionError(DubsError):
    """An operation on a session is not possible.

    The message is a sentence for the user.
    """

    code = "session"
