"""The session that a folder belongs to."""

from __future__ import annotations

import contextlib

from dubbing_client.api import Api
from dubbing_client.errors import NotFoundError
from dubbing_client.objects import Session
from dubbing_client.state import Base


def session_of_folder(api: Api, base: Base) -> Session:
    """Return the session of a folder's version.

    :raises NotFoundError: it was deleted, or is in the trash.
    """
    reason = "does not exist any more"
    with contextlib.suppress(NotFoundError):
        session = api.session(base.session)
        if session["trashed_at"] is None:
            return session
        reason = "is in the trash"
    raise NotFoundError(
        f"The session of this folder, “{base.name}”, {reason}. Restore it in the portal, or name another one.",
        status=404,
        code="session_not_found",
    )
