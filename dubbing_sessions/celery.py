"""The Celery application.

Messages contain job ids only; the job's row in the database is the truth.
"""

from __future__ import annotations

import logging
import os
from typing import Any

from celery import Celery, bootsteps
from celery.signals import after_setup_logger, after_setup_task_logger, worker_process_init
from celery.worker.consumer import Consumer

from dubbing_sessions.garbage_collection import exempt_modules
from dubbing_sessions.logs import redact_handlers

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dubbing_sessions.settings")


class ReconcileStep(bootsteps.StartStopStep):
    """Step of a worker that reconciles at each connection to the broker.

    While the broker was unavailable, messages may have been lost; without a worker for media none are sent to it.
    """

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def start(self, parent: Consumer, **_: Any) -> None:
        for task in get_media_tasks(parent):
            parent.app.send_task(task, priority=6)
        if not consumes_jobs(parent):
            return
        every = parent.app.conf.beat_schedule["reconcile-jobs"]
        parent.app.send_task(every["task"], priority=0, **every["options"])


def consumes_jobs(consumer: Consumer) -> bool:
    """Return whether a worker performs jobs, or is one for other queues only."""
    return consumes(consumer, consumer.app.conf.task_default_queue)


def consumes(consumer: Consumer, queue: str) -> bool:
    return queue in consumer.app.amqp.queues.consume_from


def get_media_tasks(consumer: Consumer) -> list[str]:
    """Return the tasks that look for unread or missing media, of a worker's queues."""
    conf = consumer.app.conf
    return [task for task, route in conf.task_routes.items() if consumes(consumer, route["queue"])]


app = Celery("dubbing_sessions")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["sessions_app"])
app.steps["consumer"].add(ReconcileStep)


@after_setup_logger.connect
@after_setup_task_logger.connect
def redact_log(logger: logging.Logger, **_: Any) -> None:
    redact_handlers(logger)


@worker_process_init.connect
def exempt_modules_of_jobs(**_: Any) -> None:
    exempt_modules()
