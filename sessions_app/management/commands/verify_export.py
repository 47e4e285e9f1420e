from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from dubbing_core.paths import escape_unprintable
from sessions_app.operations.imports.inspection import Verification, verify_export


class Command(BaseCommand):
    help = "Check every file of an exported ZIP against the SHA-256 in its manifest. The exit status is 1 if any differs."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--json", action="store_true", help="Print JSON (docs/commands.md).")

    def handle(self, *_: Any, **options: Any) -> None:
        verification = verify_export(options["file"])
        if options["json"]:
            self.stdout.write(json.dumps(verification.as_dict()))
        else:
            self.stdout.write(_describe(verification))
        if not verification.verified:
            raise SystemExit(1)


def _describe(verification: Verification) -> str:
    file = escape_unprintable(verification.file)
    if verification.verified:
        return f"{file}: all files are unchanged since the export."
    return "\n".join(f"{file}: {escape_unprintable(problem)}" for problem in verification.problems)
