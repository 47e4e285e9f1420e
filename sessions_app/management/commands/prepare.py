from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sessions_app.management import preparing


class Command(BaseCommand):
    help = "Bring the database and the static files up to date. Safe when several start at once, quick when there is nothing to do."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        migrated = preparing.migrate(tell=self.stdout.write)
        collected = preparing.collect_static(tell=self.stdout.write)
        if not (migrated or collected):
            self.stdout.write("Everything is up to date.")
