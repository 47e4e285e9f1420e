from __future__ import annotations

from dubbing_client.errors import DubsError

CLASS_OPTIONS = {
    "hidden": "ProjectSessionManager(allow_hidden=True)",
    "invisible": "ProjectSessionManager(allow_invisible=True)",
}
"""What permits to load names as in `UnsafeNamesError`."""


class SessionError(DubsError):
    """An operation on a session is not possible.

    The message is a sentence for the user.
    """

    code = "session"
