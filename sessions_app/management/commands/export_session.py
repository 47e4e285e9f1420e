from __future__ import annotations

import errno
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import CommandParser

from sessions_app.blobs.store import StoreError
from sessions_app.domain.categories import Category
from sessions_app.domain.selection import Selection, SelectionError
from sessions_app.domain.sizes import size_text
from sessions_app.management.portal_command import PortalCommand, user_named
from sessions_app.management.refusals import Error
from sessions_app.models import DubbingSession, Version
from sessions_app.operations import exports
from sessions_app.queries.sessions import session_called

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Command(PortalCommand):
    help = "Write a session's ZIP to a file, which appears complete or not at all."

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # Django's own --version (of Django) gives way to ours (of the session).
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help="The session's name, or its code.")
        parser.add_argument("--owner", required=True, metavar="USER", help="Whose session it is.")
        parser.add_argument(
            "--output", required=True, type=Path, metavar="FILE", help="Replaced if it is there."
        )
        parser.add_argument(
            "--version", type=int, metavar="N", help="Without this option, the newest version."
        )
        parser.add_argument(
            "--category",
            action="append",
            default=[],
            metavar="CATEGORY",
            choices=[category.value for category in Category],
            help="Only files of this category; may be given again. One of %(choices)s.",
        )
        parser.add_argument(
            "--language",
            action="append",
            default=[],
            metavar="TAG",
            help="Only files in this language, and those in none; may be given again.",
        )
        parser.add_argument("--without-source", action="store_true", help="Leave the original video out.")
        parser.add_argument(
            "--history", action="store_true", help="All versions up to this one, each file once."
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        session = _session(user_named(options["owner"]), options["name"])
        version = _version(session, options["version"])
        output = _checked(options["output"].expanduser())
        try:
            size = exports.write_to(version=version, destination=output, selection=_selection(options))
        except (StoreError, OSError) as error:
            raise _write_error(error, output) from error
        return {"name": session.name, "version": version.number, "output": str(output), "size": size}

    def describe(self, answer: Any) -> str:
        size = size_text(answer["size"])
        return f"Exported version {answer['version']} of “{answer['name']}” to {answer['output']} ({size})."


def _selection(options: dict[str, Any]) -> Selection:
    try:
        return Selection.of(
            categories=options["category"],
            languages=options["language"],
            without_source=options["without_source"],
            history=options["history"],
        )
    except SelectionError as error:
        raise Error(str(error), code=error.code) from error


def _session(owner: User, name: str) -> DubbingSession:
    session = session_called(owner, name)
    if session is None:
        raise Error(f"{owner.username} has no session {name}.", code="no_such_session")
    if session.is_trashed:
        raise Error(f"The session {name} is in the trash. Restore it, then export it.", code="trashed")
    return session


def _version(session: DubbingSession, number: int | None) -> Version:
    versions = Version.objects.filter(session=session).select_related("session")
    version = versions if number is None else versions.filter(number=number)
    found = version.order_by("-number").first()
    if found is None:
        what = (
            "nothing has been saved in it yet"
            if session.current_id is None
            else f"it has no version {number}"
        )
        raise Error(f"The session {session.name} cannot be exported: {what}.", code="no_such_version")
    return found


def _checked(output: Path) -> Path:
    folder = output.parent
    if output.is_dir():
        raise Error(f"{output} is a folder. Name the file to write.", code="output_is_folder")
    if not folder.is_dir():
        raise Error(f"There is no folder {folder}.", code="no_such_folder")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Error(f"The folder {folder} is not writable.", code="output_not_writable")
    return output


def _write_error(error: StoreError | OSError, output: Path) -> Error:
    """Tell the output's troubles from those of the portal's own storage, which is only read."""
    cause = error.__cause__ if isinstance(error, StoreError) else error
    if isinstance(cause, OSError) and cause.errno in FULL:
        return Error(f"There is no space left for {output}. Nothing was written.", code="disk_full")
    if isinstance(error, StoreError) and error.key != output.name:
        return Error(str(error), code="storage")
    reason = cause.strerror if isinstance(cause, OSError) else str(error)
    return Error(f"{output} could not be written: {reason}. Nothing was written.", code="output_not_writable")
