"""The worker's part of sending mail, in the test's process: messages come from the real broker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from celery import current_app
from kombu import Message

from sessions_app import tasks
from sessions_app.queue import SEND_MAIL, SEND_PASSWORD_RESET

MAIL_TASKS: dict[str, Any] = {SEND_MAIL: tasks.send_mail, SEND_PASSWORD_RESET: tasks.send_password_reset}


def run_mail_tasks() -> list[dict[str, str]]:
    """Run all queued tasks that send mail; return their arguments. Messages of other tasks are dropped."""
    ran = []
    for message in list(_receive()):
        _, arguments, _ = message.payload
        if task := MAIL_TASKS.get(message.headers["task"]):
            task(**arguments)
            ran.append(arguments)
    return ran


def drop_messages() -> None:
    """Empty the queue."""
    for _ in _receive():
        pass


def _receive() -> Iterator[Message]:
    with current_app.connection_for_read() as connection:
        queue = connection.SimpleQueue(current_app.conf.task_default_queue)
        while True:
            try:
                message = queue.get(block=False)
            except queue.Empty:
                break
            message.ack()
            yield message
        queue.close()
