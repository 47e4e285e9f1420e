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
    "unreferenced": "unreferenced files whose grace period starts",
    "jobs": "old jobs",
    "records": "expired sign-ins and idempotency records",
}
WITHOUT_SIZE = {"jobs", "records"}


class Command(PortalCommand):
    help = "Delete expired trash, exports and uploads, temporary files, and unreferenced files."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="Report what would be deleted, and delete nothing."
        )
        parser.add_argument(
            "--full",
            action="store_true",
            help="Check every file instead of those that were deleted somewhere, for repair. Slow in a large portal.",
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        report = collect_garbage(now=timezone.now(), dry_run=options["dry_run"], is_full=options["full"])
        return {"dry_run": options["dry_run"], **report.as_dict()}

    def describe(self, result: Any) -> str:
        verb = "Would free" if result["dry_run"] else "Freed"
        lines = [f"{verb} {format_size(result['freed'])}."]
        for name, label in LABELS.items():
            if result[name]["count"]:
                size = f" ({format_size(result[name]['size'])})" if name not in WITHOUT_SIZE else ""
                lines.append(f"  {result[name]['count']} {label}{size}")
        return "\n".join(lines)
