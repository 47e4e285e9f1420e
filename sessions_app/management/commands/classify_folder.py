from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dubbing_core.exclusions import exclude_name
from dubbing_core.layouts.folder_index import SMALL_FILE_LIMIT
from dubbing_core.layouts.report import TITLES, build_report, list_rows, summarize
from dubbing_core.paths import escape_unprintable
from sessions_app.management.errors import Error


class Command(BaseCommand):
    help = "Show the tool that wrote a folder and the label of each file. Nothing is stored."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--json", action="store_true", help="Print one JSON document (docs/commands.md).")

    def handle(self, *_: Any, **options: Any) -> None:
        folder: Path = options["folder"].expanduser()
        if not folder.is_dir():
            error = Error(f"{folder} is not a folder. Name an existing one.", code="no_such_folder")
            if options["json"]:
                self.stdout.write(json.dumps({"error": error.code, "message": str(error)}))
            raise error
        places = {place.relative_to(folder).as_posix(): place for place in _list_files(folder)}
        report = build_report(places, lambda path: _read_small_file(places[path]))
        # JSON in ASCII: a file name may contain bytes that are not valid in the output encoding.
        lines = [json.dumps(report)] if options["json"] else [*summarize(report), "", *_table(report)]
        self.stdout.write("\n".join(lines))


def _list_files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        is_root = Path(parent) == folder
        folders[:] = [name for name in folders if not exclude_name(name, is_folder=True, is_at_root=is_root)]
        yield from (
            Path(parent, name)
            for name in names
            if not exclude_name(name, is_folder=False, is_at_root=is_root)
        )


def _read_small_file(place: Path) -> bytes | None:
    try:
        if not place.is_file():
            return None  # a pipe would block
        with place.open("rb") as file:
            data = file.read(SMALL_FILE_LIMIT + 1)
    except OSError:
        return None
    return data if len(data) <= SMALL_FILE_LIMIT else None


def _table(report: Mapping[str, Any]) -> Iterator[str]:
    rows = [TITLES, *(tuple(map(escape_unprintable, row)) for row in list_rows(report))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(TITLES))]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
