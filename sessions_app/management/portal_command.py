"""Base of the operators' commands: database check, errors, output."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand
from django.db import OperationalError

from dubbing_core.paths import escape_lines
from dubbing_core.zips.reader import ZipError
from sessions_app.management.database import ensure_database
from sessions_app.management.errors import Error
from sessions_app.operations.database_errors import DISK_FULL_MESSAGE, is_disk_full
from sessions_app.operations.errors import OperationError
from sessions_app.storage.errors import StoreError


class PortalCommand(BaseCommand):
    """A command that calls one operation.

    ``perform`` returns the output of ``--json``; ``describe`` formats it as text.
    """

    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON (docs/commands.md).")
        self.add_command_arguments(parser)

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        pass

    def perform(self, options: dict[str, Any]) -> Any:
        raise NotImplementedError

    def describe(self, result: Any) -> str:
        raise NotImplementedError

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            result = self._perform(options)
        except Error as error:
            if options["json"]:
                self._print_json({"error": error.code, "message": str(error)})
            raise
        if options["json"]:
            self._print_json(result)
        else:
            self.stdout.write(escape_lines(self.describe(result)))

    def _perform(self, options: dict[str, Any]) -> Any:
        try:
            ensure_database()
            return self.perform(options)
        except (OperationError, ZipError) as error:
            raise Error(str(error), code=error.code) from error
        except StoreError as error:
            raise Error(str(error), code=error.code) from error
        except OperationalError as error:
            if is_disk_full(error):
                raise Error(DISK_FULL_MESSAGE, code="disk_full") from error
            reason = str(error).strip().splitlines()[0]
            raise Error(f"The database did not respond: {reason}", code="database_unreachable") from error

    def _print_json(self, value: Any) -> None:
        self.stdout.write("".join(map(_escape_in_json, json.dumps(value, ensure_ascii=False, indent=2))))


def _escape_in_json(character: str) -> str:
    """Return JSON's escape of what a terminal would obey."""
    return character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]


def get_user(name: str) -> User:
    """Return an account by its exact name.

    :raises Error: there is none.
    """
    user = User.objects.filter(username=name).first()
    if user is None:
        raise Error(f"There is no user {name}.", code="no_such_user")
    return user
