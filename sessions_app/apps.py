from __future__ import annotations

import logging

from django.apps import AppConfig
from django.conf import settings

from dubbing_sessions.logs import redact_handlers


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Dubbing sessions"

    def ready(self) -> None:
        # Both import models, which cannot be imported before apps are loaded.
        from sessions_app import checks  # noqa: F401, PLC0415 (importing the module registers the checks)
        from sessions_app.operations.jobs.registry import load_handlers  # noqa: PLC0415 (see above)

        load_handlers()
        for name in settings.LOGGING["loggers"]:
            redact_handlers(logging.getLogger(name))
