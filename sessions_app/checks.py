"""Django system checks for settings whose mistakes would appear late."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as CheckWarning, register


@register(Tags.security, deploy=True)
def check_team_services(**_: Any) -> list[CheckMessage]:
    """Check that a team's portal has a database server and a broker."""
    messages: list[CheckMessage] = []
    engine = settings.DATABASES["default"]["ENGINE"]
    if not engine.endswith("sqlite3") and not settings.REDIS_URL:
        messages.append(
            Error(
                "DATABASE_URL is set, REDIS_URL is not.",
                hint="Web and worker processes on several machines need a broker that all of them can reach.",
                id="sessions.E001",
            )
        )
    if engine.endswith("sqlite3") and settings.SITE_URL.startswith("https://"):
        messages.append(
            CheckWarning(
                "The portal uses HTTPS but stores its data in SQLite.",
                hint="Set DATABASE_URL to a PostgreSQL database for more than one machine.",
                id="sessions.W001",
            )
        )
    return messages


@register(Tags.caches)
def check_visibility_timeout(**_: Any) -> list[CheckMessage]:
    """Check that no job outlives the broker's visibility timeout.

    A job that does would run twice.
    """
    if settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] <= settings.CELERY_TASK_TIME_LIMIT:
        return [Error("The broker's visibility timeout is below the job time limit.", id="sessions.E002")]
    return []
