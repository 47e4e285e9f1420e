"""The Celery application.

Messages contain job ids only; the job's row in the database is the truth.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery
from celery.signals import after_setup_logger, after_setup_task_logger

from dubbing_sessions.logs import redact_handlers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")

app = Celery("dubbing_sessions")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sessions_app"])


@after_setup_logger.connect
@after_setup_task_logger.connect
def redact_log(logger: logging.Logger, **_: Any) -> None:
    redact_handlers(logger)
