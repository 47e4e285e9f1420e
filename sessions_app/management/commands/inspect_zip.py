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
    help = "Read ZIPs as an import would, and store nothing. The exit status is 1 if any was refused."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--json", action="store_true", help="Print one line of JSON per file (docs/commands.md)."
        )

    def handle(self, *_: Any, **options: Any) -> None:
        refused = False
        for file in options["files"]:
            inspection = inspect_zip(file)
            refused = refused or not inspection.accepted
            # JSON in ASCII: a file name may contain bytes that are not valid in the output encoding.
            self.stdout.write(json.dumps(inspection.as_dict()) if options["json"] else _describe(inspection))
            self.stdout.flush()
        if refused:
            raise SystemExit(1)


def _describe(inspection: Inspection) -> str:
    file = escape_unprintable(inspection.file)
    if inspection.accepted:
        return f"{file}: {inspection.members} files, {format_size(inspection.total_size)}."
    return f"{file}: refused ({inspection.code}). {inspection.message}"
