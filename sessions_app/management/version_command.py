"""Base of the commands that process one version of a session."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any, ClassVar

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from sessions_app.management.errors import Error
from sessions_app.management.portal_command import PortalCommand, get_user
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.sessions import find_session


class VersionCommand(PortalCommand):
    verb: ClassVar[tuple[str, str]]
    """Present tense and participle for error messages: export, exported."""

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # The session's --version replaces Django's option of that name.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The session's name, or its code.")
        parser.add_argument("--owner", required=True, metavar="USER", help="The session's owner.")
        parser.add_argument("--version", type=int, metavar="N", help="Version number; default: the newest.")

    def find_version(self, options: dict[str, Any]) -> Version:
        """Return the version named on the command line.

        :raises Error: there is none, or its session is in the trash.
        """
        present, past = self.verb
        session = _get_session(get_user(options["owner"]), options["name"], verb=present)
        return _get_version(session, options["version"], verb=past)


def _get_session(owner: User, name: str, *, verb: str) -> DubbingSession:
    session = find_session(owner, name)
    if session is None:
        raise Error(f"{owner.username} has no session {name}.", code="no_such_session")
    if session.is_trashed:
        raise Error(f"The session {name} is in the trash. Restore it, then {verb} it.", code="trashed")
    return session


def _get_version(session: DubbingSession, number: int | None, *, verb: str) -> Version:
    versions = Version.objects.filter(session=session).select_related("session")
    version = versions if number is None else versions.filter(number=number)
    newest = version.order_by("-number").first()
    if newest is None:
        reason = (
            "it has no saved version yet" if session.current_id is None else f"it has no version {number}"
        )
        raise Error(f"The session {session.name} cannot be {verb}: {reason}.", code="no_such_version")
    return newest
