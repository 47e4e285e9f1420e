from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sessions_app.management.data_folder import protect_data_folder
from sessions_app.management.database import is_embedded, migrate
from sessions_app.management.static_files import collect_static_files


class Command(BaseCommand):
    help = "Bring the database and the static files up to date. Concurrent calls are safe; without changes it is quick."
    requires_system_checks = []

    def handle(self, *_: Any, **__: Any) -> None:
        if is_embedded():
            protect_data_folder(print_line=self.stdout.write)
        else:
            settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        migrated = migrate(print_line=self.stdout.write)
        collected = collect_static_files(print_line=self.stdout.write)
        if not (migrated or collected):
            self.stdout.write("Everything is up to date.")
