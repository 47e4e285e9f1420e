"""Base of the commands that read files of sessions which were not read yet."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Mapping
from typing import Any

from sessions_app.management.portal_command import PortalCommand


class ReadingCommand(PortalCommand):
    """A command with the option `--all`, whose result has the numbers of a run."""

    left_reason = "the storage did not respond"
    """Why sessions may be left, in a clause."""

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="Check every session, also those that were read before."
        )

    def mark_all_unread(self) -> None:
        """Let every session be checked again."""
        raise NotImplementedError

    def read(self) -> dict[str, Any]:
        """Read what was not read; return sessions, files, unreadable and left."""
        raise NotImplementedError

    def perform(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["all"]:
            self.mark_all_unread()
        return self.read()

    def describe(self, result: Any) -> str:
        lines = [
            f"Read {result['files']} files of {result['sessions']} sessions; {result['unreadable']} unreadable.",
            *self.describe_more(result),
        ]
        if left := self.count_left(result):
            lines.append(f"{left} sessions are left: {self.left_reason}. Run the command again.")
        return "\n".join(lines)

    def describe_more(self, result: Mapping[str, Any]) -> list[str]:
        """Return lines about what else was done."""
        del result
        return []

    def count_left(self, result: Mapping[str, Any]) -> int:
        """Return the number of sessions that are not finished."""
        left: int = result["left"]
        return left
