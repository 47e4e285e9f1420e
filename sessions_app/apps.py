from __future__ import annotations

import logging

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy

from dubbing_core.sentences import Sentence
from dubbing_sessions.logs import redact_handlers
from sessions_app.translation import localize


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = gettext_lazy("Dubbing sessions")

    def ready(self) -> None:
        # Both import models, which cannot be imported before apps are loaded.
        from sessions_app import checks  # noqa: F401, PLC0415 (importing the module registers the checks)
        from sessions_app.operations.jobs.registry import load_handlers  # noqa: PLC0415 (see above)

        load_handlers()
        Sentence.localize = localize
        for name in settings.LOGGING["loggers"]:
            redact_handlers(logging.getLogger(name))
