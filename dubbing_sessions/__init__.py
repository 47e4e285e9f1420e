from __future__ import annotations

from dubbing_sessions.celery import app as celery_app

__all__ = ["celery_app"]
