"""What the operators' commands name on their command lines, found."""

from __future__ import annotations

from django.contrib.auth.models import User

from sessions_app.management.refusals import Error
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.sessions import session_called


def session_named(owner: User, name: str, *, to: str) -> DubbingSession:
    """Return the owner's session with this name or code.

    :param to: the verb for what is going to be done with it.
    :raises Error: there is none, or it is in the trash.
    """
    session = session_called(owner, name)
    if session is None:
        raise Error(f"{owner.username} has no session {name}.", code="no_such_session")
    if session.is_trashed:
        raise Error(f"The session {name} is in the trash. Restore it, then {to} it.", code="trashed")
    return session


def version_numbered(session: DubbingSession, number: int | None, *, to: str) -> Version:
    """Return a version of the session, the newest if no number is asked for.

    :param to: the verb for what is going to be done with it, in the past tense.
    :raises Error: there is none.
    """
    versions = Version.objects.filter(session=session).select_related("session")
    version = versions if number is None else versions.filter(number=number)
    found = version.order_by("-number").first()
    if found is None:
        what = (
            "nothing has been saved in it yet"
            if session.current_id is None
            else f"it has no version {number}"
        )
        raise Error(f"The session {session.name} cannot be {to}: {what}.", code="no_such_version")
    return found
