"""Mistakes in settings that only show when it is too late."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning as CheckWarning, register


@register(Tags.security, deploy=True)
def check_team_services(**_: Any) -> list[CheckMessage]:
    """A team's portal wants a database server, a broker and a site address."""
    found: list[CheckMessage] = []
    engine = settings.DATABASES["default"]["ENGINE"]
    if not engine.endswith("sqlite3") and not settings.REDIS_URL:
        found.append(
            Error(
                "DATABASE_URL is set, REDIS_URL is not.",
                hint="Web and worker processes on several machines need a broker that all of them reach.",
                id="sessions.E001",
            )
        )
    if engine.endswith("sqlite3") and settings.SITE_URL.startswith("https://"):
        found.append(
            CheckWarning(
                "The portal is reached by HTTPS but keeps its rows in SQLite.",
                hint="Set DATABASE_URL to a PostgreSQL database for more than one machine.",
                id="sessions.W001",
            )
        )
    return found


@register(Tags.caches)
def check_visibility_timeout(**_: Any) -> list[CheckMessage]:
    """A job longer than the broker's visibility timeout would run twice at once."""
    if settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] <= settings.CELERY_TASK_TIME_LIMIT:
        return [Error("The broker's visibility timeout is below the job time limit.", id="sessions.E002")]
    return []
