from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.management.catalogs import compile_catalogs


class Command(BaseCommand):
    help = "Compile the catalogs that have changed, for Django and for scripts."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        self.stdout.write("Compiled." if compile_catalogs() else "Everything is up to date.")
