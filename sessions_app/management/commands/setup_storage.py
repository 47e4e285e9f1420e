from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sessions_app.storage import get_store
from sessions_app.storage.check_result import CheckResult, Outcome
from sessions_app.storage.self_test import check_store


class Command(BaseCommand):
    help = (
        "Prepare the storage (bucket, CORS rules), and test every operation that the portal needs; leaves no files. "
        "The exit status is 1 if an operation fails."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print JSON (docs/commands.md).")

    def handle(self, *_: Any, **options: Any) -> None:
        results: list[CheckResult] = []
        for result in check_store(get_store(), origins=settings.CSRF_TRUSTED_ORIGINS):
            results.append(result)
            if not options["json"]:
                self.stdout.write(f"{result.outcome:<7} {result.check:<14} {result.message}")
                self.stdout.flush()
        ready = all(result.outcome is not Outcome.FAILED for result in results)
        if options["json"]:
            checks = [result.as_dict() for result in results]
            self.stdout.write(json.dumps({"ready": ready, "checks": checks}, ensure_ascii=False, indent=2))
        if not ready:
            raise SystemExit(1)
