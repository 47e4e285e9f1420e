"""The Celery application.

Messages contain job ids only; the job's row in the database is the truth.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery, bootsteps
from celery.signals import after_setup_logger, after_setup_task_logger
from celery.worker.consumer import Consumer

from dubbing_sessions.logs import redact_handlers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")


class ReconcileStep(bootsteps.StartStopStep):
    """Step of a worker that reconciles at each connection to the broker.

    While the broker was unavailable, messages may have been lost.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Consumer, **_: Any) -> None:
        every = parent.app.conf.beat_schedule["reconcile-jobs"]
        parent.app.send_task(every["task"], priority=0, **every["options"])


app = Celery("dubbing_sessions")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sessions_app"])
app.steps["consumer"].add(ReconcileStep)


@after_setup_logger.connect
@after_setup_task_logger.connect
def redact_log(logger: logging.Logger, **_: Any) -> None:
    redact_handlers(logger)
