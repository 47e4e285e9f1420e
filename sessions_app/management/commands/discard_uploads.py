from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.utils import timezone

from dubbing_core.sizes import format_size
from sessions_app.access import visible_to
from sessions_app.management.portal_command import PortalCommand, get_user
from sessions_app.models import Upload
from sessions_app.operations.uploads.discard import count_discardable, discard_uploads

IDLE_MINUTES = 60


class Command(PortalCommand):
    help = "Discard abandoned uploads now, before they expire. Uploads that a job reads stay."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", help="Only uploads of this user.")
        parser.add_argument(
            "--idle",
            type=int,
            default=IDLE_MINUTES,
            metavar="MINUTES",
            help=f"Keep uploads that received a part within this time ({IDLE_MINUTES}).",
        )
        parser.add_argument("--dry-run", action="store_true", help="Only report.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        uploads = Upload.objects.all()
        if options["owner"]:
            uploads = visible_to(get_user(options["owner"]), uploads)
        idle_since = timezone.now() - timedelta(minutes=options["idle"])
        act = count_discardable if options["dry_run"] else discard_uploads
        discarded = act(uploads=uploads, idle_since=idle_since)
        return {"dry_run": options["dry_run"], "uploads": discarded.count, "size": discarded.size}

    def describe(self, result: Any) -> str:
        verb = "Would discard" if result["dry_run"] else "Discarded"
        return f"{verb} {result['uploads']} uploads of {format_size(result['size'])}."
