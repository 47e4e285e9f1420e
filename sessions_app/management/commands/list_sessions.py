from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

from dubbing_core.sizes import format_size
from sessions_app.management.portal_command import PortalCommand, get_user
from sessions_app.models import DubbingSession
from sessions_app.queries.sessions import get_all_sessions

COLUMNS = ("NAME", "OWNER", "VERSION", "STAGE", "LANGUAGES", "FILES", "SIZE", "LAST UPDATED")


class Command(PortalCommand):
    help = "List the sessions that are not in the trash, the most recently updated first."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", metavar="USER", help="Only sessions of this user.")

    def perform(self, options: dict[str, Any]) -> list[dict[str, object]]:
        owner = None if options["owner"] is None else get_user(options["owner"])
        return [_make_row(session) for session in get_all_sessions(owner)]

    def describe(self, result: Any) -> str:
        if not result:
            return "There are no sessions."
        return _format_table([COLUMNS, *(_format_cells(row) for row in result)])


def _make_row(session: DubbingSession) -> dict[str, object]:
    version = session.current
    return {
        "name": session.name,
        "code": str(session.code),
        "owner": session.owner.get_username(),
        "video": version.video_name if version else "",
        "languages": version.languages if version else [],
        "stage": version.stage if version else None,
        "version": version.number if version else None,
        "files": version.file_count if version else 0,
        "size": version.total_size if version else 0,
        "created_at": session.created_at.isoformat(timespec="microseconds"),
        "last_updated": session.last_updated.isoformat(timespec="microseconds"),
        "last_accessed": session.last_accessed.isoformat(timespec="microseconds"),
    }


def _format_cells(row: dict[str, Any]) -> tuple[str, ...]:
    return (
        row["name"],
        row["owner"],
        str(row["version"] or "-"),
        row["stage"] or "-",
        " ".join(row["languages"]) or "-",
        str(row["files"]),
        format_size(row["size"]),
        row["last_updated"][:16].replace("T", " "),
    )


def _format_table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)
