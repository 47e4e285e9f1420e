from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from sessions_app.management.portal_command import PortalCommand
from sessions_app.operations.cleanup.consistency.check import check_consistency

LABELS = {
    "sessions": "sessions with a wrong size or stage",
    "search_rows": "sessions with wrong search texts or languages",
    "versions": "versions with wrong numbers of files",
    "progress": "current versions without progress by language",
    "owners": "users with wrong totals",
}


class Command(PortalCommand):
    help = "Compare stored totals, search texts and numbers of files with the rows that they follow from."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--repair", action="store_true", help="Also write the right values.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        report = check_consistency(repairs=options["repair"])
        return {"repaired": options["repair"], **asdict(report)}

    def describe(self, result: Any) -> str:
        lines = [f"  {result[name]} {label}" for name, label in LABELS.items() if result[name]]
        if not lines:
            return "All stored values are right."
        heading = "Repaired:" if result["repaired"] else "Wrong values (--repair writes the right ones):"
        return "\n".join([heading, *lines])
