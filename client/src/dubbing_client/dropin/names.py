"""Names of sessions in the drop-in, which cleans them instead of refusing."""

from __future__ import annotations

from dubbing_client.dropin.errors import SessionError
from dubbing_core.session_names import sanitize_session_name


def clean_name(raw: str) -> str:
    """Return the valid name closest to `raw`.

    :raises SessionError: nothing is left of it.
    """
    name = sanitize_session_name(str(raw or ""))
    if not name:
        raise SessionError("Give the session a name.")
    return name
