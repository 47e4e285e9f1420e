from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from dubbing_core.sizes import format_size
from sessions_app.management.portal_command import PortalCommand
from sessions_app.operations.cleanup.garbage import collect_garbage

LABELS = {
    "sessions": "sessions past their time in the trash",
    "exports": "expired exports",
    "uploads": "expired uploads",
    "leftovers": "temporary files of ended jobs and uploads",
    "blobs": "unreferenced files",
    "unreferenced": "unreferenced files in their grace period",
}


class Command(PortalCommand):
    help = "Delete expired trash, exports and uploads, temporary files, and unreferenced files."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Report what would be deleted, and delete nothing."
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        report = collect_garbage(now=timezone.now(), dry_run=options["dry_run"])
        return {"dry_run": options["dry_run"], **report.as_dict()}

    def describe(self, result: Any) -> str:
        verb = "Would free" if result["dry_run"] else "Freed"
        lines = [f"{verb} {format_size(result['freed'])}."]
        for name, label in LABELS.items():
            if result[name]["count"]:
                lines.append(f"  {result[name]['count']} {label} ({format_size(result[name]['size'])})")
        return "\n".join(lines)
