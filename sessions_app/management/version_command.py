"""What commands have in common that do something with one version of a session: it is named, and found."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from sessions_app.management.errors import Error
from sessions_app.management.portal_command import PortalCommand, user_named
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.sessions import find_session


class VersionCommand(PortalCommand):
    verb: ClassVar[tuple[str, str]]
    """What the command does with the version: export, exported."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version (of Django) gives way to ours (of the session).
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The session's name, or its code.")
        parser.add_argument("--owner", required=True, metavar="USER", help="Whose session it is.")
        parser.add_argument(
            "--version", type=int, metavar="N", help="Without this option, the newest version."
        )

    def version(self, options: dict[str, Any]) -> Version:
        """Return the version that the command line names.

        :raises Error: there is none, or its session is in the trash.
        """
        present, past = self.verb
        session = _session(user_named(options["owner"]), options["name"], verb=present)
        return _version(session, options["version"], verb=past)


def _session(owner: User, name: str, *, verb: str) -> DubbingSession:
    session = find_session(owner, name)
    if session is None:
        raise Error(f"{owner.username} has no session {name}.", code="no_such_session")
    if session.is_trashed:
        raise Error(f"The session {name} is in the trash. Restore it, then {verb} it.", code="trashed")
    return session


def _version(session: DubbingSession, number: int | None, *, verb: str) -> Version:
    versions = Version.objects.filter(session=session).select_related("session")
    version = versions if number is None else versions.filter(number=number)
    found = version.order_by("-number").first()
    if found is None:
        what = (
            "nothing has been saved in it yet"
            if session.current_id is None
            else f"it has no version {number}"
        )
        raise Error(f"The session {session.name} cannot be {verb}: {what}.", code="no_such_version")
    return found
