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
        "Prepare the storage (bucket, CORS rules) and try everything that the portal asks of it; leaves nothing there. "
        "Exit status 1 if it lacks something that the portal needs."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="Answer in JSON (docs/commands.md).")

    def handle(self, *_: Any, **options: Any) -> None:
        findings: list[CheckResult] = []
        for finding in check_store(get_store(), origins=settings.CSRF_TRUSTED_ORIGINS):
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(f"{finding.outcome:<7} {finding.check:<14} {finding.message}")
                self.stdout.flush()
        ready = all(finding.outcome is not Outcome.FAILED for finding in findings)
        if options["json"]:
            checks = [finding.as_dict() for finding in findings]
            self.stdout.write(json.dumps({"ready": ready, "checks": checks}, ensure_ascii=False, indent=2))
        if not ready:
            raise SystemExit(1)
