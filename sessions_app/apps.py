from __future__ import annotations

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Dubbing sessions"

    def ready(self) -> None:
        # Both import models, which cannot be imported before apps are loaded.
        from sessions_app import checks  # noqa: F401, PLC0415 (importing the module registers the checks)
        from sessions_app.operations.jobs.registry import load_handlers  # noqa: PLC0415 (see above)

        load_handlers()
