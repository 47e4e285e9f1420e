from __future__ import annotations

from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions_app"
    verbose_name = "Dubbing sessions"

    def ready(self) -> None:
        from sessions_app import checks  # noqa: F401, PLC0415 (checks register themselves once apps are loaded)
