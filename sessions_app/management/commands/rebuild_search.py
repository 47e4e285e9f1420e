from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from sessions_app.management.portal_command import PortalCommand
from sessions_app.operations.search import rebuild_search


class Command(PortalCommand):
    help = "Write the index of names, file names, messages and lines that are not in it yet."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", help="Write the whole index again.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        return asdict(rebuild_search(everything=options["all"]))

    def describe(self, result: Any) -> str:
        return f"Indexed {result['sessions']} sessions and the lines of {result['texts']} files."
