from __future__ import annotations

import socket
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from dubbing_sessions.env import env_int, env_str
from sessions_app.management import preparing
from sessions_app.management.demo import account, state
from sessions_app.management.locks import LockTakenError, exclusive_now
from sessions_app.management.refusals import Error
from sessions_app.management.running import broker, web, worker
from sessions_app.management.running.child import Service
from sessions_app.management.running.supervisor import StopRequested, Supervisor

START_TIMEOUT = 60
"""Seconds; a slow disk with a cold cache needs some of them."""


class Command(BaseCommand):
    help = "Run the portal: its web server, its worker and, where REDIS_URL names none, its broker. Ctrl-C stops all."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", help="Address to listen on (HOST, 127.0.0.1).")
        parser.add_argument("--port", type=int, help="Port to listen on (PORT, 8000).")

    def handle(self, *_: Any, **options: Any) -> None:
        try:
            host = options["host"] or env_str("HOST", "127.0.0.1")
            port = env_int("PORT", 8000) if options["port"] is None else options["port"]
        except ImproperlyConfigured as error:
            raise Error(str(error), code="bad_port") from error
        supervisor = Supervisor(tell=self._tell)
        with ExitStack() as stack:
            stack.enter_context(supervisor.signals())
            self._lock(stack)
            listening = stack.enter_context(web.listen(host, port))
            stack.callback(supervisor.stop)
            try:
                self._start(supervisor, listening)
                supervisor.watch()
            except StopRequested:
                self._tell("Stopping")
        self._tell("Stopped")

    def _lock(self, stack: ExitStack) -> None:
        try:
            stack.enter_context(exclusive_now(settings.DATA_DIR / "run.lock"))
        except LockTakenError as error:
            holder = f" (process {error.holder})" if error.holder else ""
            raise Error(
                f"A portal runs on {settings.DATA_DIR} already{holder}. Stop it, or set DATA_DIR to another folder.",
                code="already_running",
            ) from error

    def _start(self, supervisor: Supervisor, listening: socket.socket) -> None:
        self._tell(f"Dubbing Sessions {settings.VERSION}, data in {settings.DATA_DIR}")
        here = web.address(listening)
        site_url = env_str("SITE_URL") or here
        preparing.migrate(tell=self._tell)
        preparing.collect_static(tell=self._tell)
        self._tell("Starting")
        if not settings.REDIS_URL:
            _start_broker(supervisor, tell=self._tell)
        supervisor.start(worker.service())
        supervisor.start(web.service(listening, site_url=site_url))
        supervisor.wait_until(
            lambda: web.answers(listening, site_url=site_url),
            otherwise="The web server does not answer.",
            timeout=START_TIMEOUT,
        )
        if preparing.is_embedded() and state.is_due():
            self._tell("Making a demo session (this once)")
            if supervisor.run_once(_demo()) != 0:
                self._tell("The demo session could not be made; the portal works without it.")
        self._tell("")
        self._tell(f"The portal is ready: {here}/")
        for line in account.sign_in_lines():
            self._tell(line)
        self._tell("Ctrl-C stops it.")

    def _tell(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _start_broker(supervisor: Supervisor, *, tell: Callable[[str], None]) -> None:
    service = broker.service()
    if broker.answers():
        # The one of a portal that was killed a moment ago is about to end.
        supervisor.wait_until(
            lambda: not broker.answers(),
            otherwise=f"Another broker answers at {settings.BROKER_SOCKET}. Stop it first.",
            timeout=10,
        )
    supervisor.start(service)
    try:
        supervisor.wait_until(broker.answers, otherwise="The broker does not answer.", timeout=START_TIMEOUT)
    except Error:
        supervisor.forget(service)
        if not broker.set_aside():
            raise
        tell(
            "The broker could not read what it had kept. That is set aside; waiting jobs will be offered again."
        )
        supervisor.start(service)
        supervisor.wait_until(broker.answers, otherwise="The broker does not answer.", timeout=START_TIMEOUT)


def _demo() -> Service:
    return Service(
        name="demo",
        title="The demo",
        command=[sys.executable, str(settings.BASE_DIR / "manage.py"), "make_demo"],
        goodbyes=[],
    )
