from __future__ import annotations

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Dubbing sessions"

    def ready(self) -> None:
        # Both import models, which exist only once apps are loaded.
        from sessions_app import checks  # noqa: F401, PLC0415 (importing registers them)
        from sessions_app.operations.jobs.registry import load_handlers  # noqa: PLC0415

        load_handlers()
