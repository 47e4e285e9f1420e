"""Settings of the logs: where lines go, and their format."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from pythonjsonlogger.core import RESERVED_ATTRS

FORMATTERS: dict[str, dict[str, Any]] = {
    "text": {"format": "%(asctime)s %(levelname)s %(name)s:%(context)s %(message)s"},
    "json": {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        "rename_fields": {"asctime": "time", "levelname": "level", "name": "logger"},
        "reserved_attrs": [*RESERVED_ATTRS, "context", "request"],
    },
}


def build_logging(*, log_format: str, level: str) -> dict[str, Any]:
    """Return Django's setting LOGGING.

    :param level: of the portal's own lines.
    :raises ImproperlyConfigured: there is no such format.
    """
    if log_format not in FORMATTERS:
        raise ImproperlyConfigured(f"LOG_FORMAT must be text or json, not {log_format!r}.")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": FORMATTERS,
        "filters": {
            "context": {"()": "dubbing_sessions.log_context.ContextFilter"},
            "short_outages": {"()": "sessions_app.http.outages.ShortOutages"},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": log_format,
                "filters": ["context", "short_outages"],
            }
        },
        "loggers": {
            "django": {"handlers": ["console"], "level": "WARNING", "propagate": False},
            "sessions_app": {"handlers": ["console"], "level": level, "propagate": False},
        },
    }
