from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.utils import timezone

from sessions_app.management.portal_command import PortalCommand
from sessions_app.operations.timelines.read import mark_all_unread, read_pending_texts


class Command(PortalCommand):
    help = "Read the subtitles, transcripts and translations that have not been read yet."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--all", action="store_true", help="Check every session, also those that were read before."
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        if options["all"]:
            mark_all_unread()
        return asdict(read_pending_texts(clock=timezone.now))

    def describe(self, result: Any) -> str:
        lines = [
            f"Read {result['files']} files of {result['sessions']} sessions; {result['unreadable']} unreadable."
        ]
        if result["left"]:
            lines.append(
                f"{result['left']} sessions are left: the storage did not respond. Run the command again."
            )
        return "\n".join(lines)
