from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from dubbing_core.sizes import format_size
from sessions_app.management.portal_command import PortalCommand
from sessions_app.operations.cleanup.garbage import collect_garbage

LABELS = {
    "sessions": "sessions whose time in the trash is over",
    "exports": "expired exports",
    "uploads": "expired uploads",
    "leftovers": "leftovers of ended jobs and uploads",
    "blobs": "files that nothing refers to",
    "unreferenced": "files that nothing refers to, in the grace period",
}


class Command(PortalCommand):
    help = "Give up what nobody needs: old trash, expired exports and uploads, leftovers, and files that nothing refers to."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would go.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        report = collect_garbage(now=timezone.now(), dry_run=options["dry_run"])
        return {"dry_run": options["dry_run"], **report.as_dict()}

    def describe(self, answer: Any) -> str:
        verb = "Would free" if answer["dry_run"] else "Freed"
        lines = [f"{verb} {format_size(answer['freed'])}."]
        for name, label in LABELS.items():
            if answer[name]["count"]:
                lines.append(f"  {answer[name]['count']} {label} ({format_size(answer[name]['size'])})")
        return "\n".join(lines)
