from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dubbing_core.paths import escape_unprintable
from dubbing_core.sizes import format_size
from sessions_app.operations.imports.inspection import Inspection, inspect_zip


class Command(BaseCommand):
    help = "Read ZIPs as an import would, without storing anything; exit status 1 if any of them was refused."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="One JSON object a line and file (docs/commands.md)."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        refused = False
        for file in options["files"]:
            found = inspect_zip(file)
            refused = refused or not found.accepted
            # JSON in ASCII: a file's name on disk may be bytes that no encoding of ours can write.
            self.stdout.write(json.dumps(found.as_dict()) if options["json"] else _told(found))
            self.stdout.flush()
        if refused:
            raise SystemExit(1)


def _told(found: Inspection) -> str:
    file = escape_unprintable(found.file)
    if found.accepted:
        return f"{file}: {found.members} files, {format_size(found.total_size)}."
    return f"{file}: refused ({found.code}). {found.message}"
