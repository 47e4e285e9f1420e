from __future__ import annotations

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from sessions_app.blobs.store import StoreError
from sessions_app.domain.sizes import size_text
from sessions_app.management.lookups import session_named, version_numbered
from sessions_app.management.portal_command import PortalCommand, user_named
from sessions_app.management.refusals import FULL, Error
from sessions_app.operations import exports


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

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        session = session_named(user_named(options["owner"]), options["name"], to="export")
        version = version_numbered(session, options["version"], to="exported")
        output = _checked(options["output"].expanduser())
        try:
            size = exports.write_to(version=version, destination=output)
        except (StoreError, OSError) as error:
            raise _write_error(error, output) from error
        return {"name": session.name, "version": version.number, "output": str(output), "size": size}

    def describe(self, answer: Any) -> str:
        size = size_text(answer["size"])
        return f"Exported version {answer['version']} of “{answer['name']}” to {answer['output']} ({size})."


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
