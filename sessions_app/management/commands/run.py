from __future__ import annotations

import socket
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand

from dubbing_sessions.env import env_int, env_str
from sessions_app.management.data_folder import protect_data_folder
from sessions_app.management.database import is_embedded, migrate
from sessions_app.management.demo import account, state
from sessions_app.management.errors import Error
from sessions_app.management.locks import LockTakenError, take_lock
from sessions_app.management.services import broker, web, worker
from sessions_app.management.services.child import Service
from sessions_app.management.services.supervisor import StopRequested, Supervisor
from sessions_app.management.static_files import collect_static_files
from sessions_app.operations.database_reserve import (
    release_placeholder,
    reserve_database_space,
    write_placeholder,
)

START_TIMEOUT = 300
"""Seconds, for a busy machine with a cold cache: a service that ends is noticed before."""


class Command(BaseCommand):
    help = "Run the portal: its web server, its workers and, without REDIS_URL, its broker. Ctrl-C stops all of them."
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
        if is_embedded():
            protect_data_folder(print_line=self._print_line)
        supervisor = Supervisor(print_line=self._print_line)
        with ExitStack() as stack:
            stack.enter_context(supervisor.handle_signals())
            self._lock(stack)
            release_placeholder()
            stack.callback(write_placeholder)
            listening = stack.enter_context(web.listen(host, port))
            stack.callback(supervisor.stop)
            try:
                self._start(supervisor, listening)
                supervisor.watch()
            except StopRequested:
                self._print_line("Stopping")
        self._print_line("Stopped")

    def _lock(self, stack: ExitStack) -> None:
        try:
            stack.enter_context(take_lock(settings.DATA_DIR / "run.lock"))
        except LockTakenError as error:
            holder = f" (process {error.holder})" if error.holder else ""
            raise Error(
                f"A portal is already running on {settings.DATA_DIR}{holder}. Stop it, or set DATA_DIR to another folder.",
                code="already_running",
            ) from error

    def _start(self, supervisor: Supervisor, listening: socket.socket) -> None:
        self._print_line(f"Dubbing Sessions {settings.VERSION}, data in {settings.DATA_DIR}")
        address = web.get_address(listening)
        site_url = env_str("SITE_URL") or address
        migrate(print_line=self._print_line)
        # This process keeps its connection, and with it the enlarged log.
        reserve_database_space()
        collect_static_files(print_line=self._print_line)
        self._print_line("Starting")
        if not settings.REDIS_URL:
            _start_broker(supervisor)
        supervisor.start(worker.get_service(site_url=site_url))
        supervisor.start(web.get_service(listening, site_url=site_url))
        supervisor.wait_until(
            lambda: web.is_responding(listening, site_url=site_url),
            error="The web server does not respond.",
            timeout=START_TIMEOUT,
        )
        if is_embedded() and state.is_due():
            self._print_line("Creating a demo session (first start only)")
            if supervisor.run_once(_get_demo_service()) != 0:
                self._print_line("The demo session could not be created; the portal works without it.")
        # Last, so that they do not delay the start of the others.
        for service in worker.get_media_services(site_url=site_url):
            supervisor.start(service)
        self._print_line("")
        self._print_line(f"The portal is ready: {address}/")
        for line in account.describe_sign_in():
            self._print_line(line)
        self._print_line("Ctrl-C stops it.")

    def _print_line(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()


def _start_broker(supervisor: Supervisor) -> None:
    service = broker.prepare_service()
    if broker.is_responding():
        # The broker of a portal that was just killed needs a moment to end.
        supervisor.wait_until(
            lambda: not broker.is_responding(),
            error=f"Another broker is running at {settings.BROKER_SOCKET}. Stop it first.",
            timeout=10,
        )
    supervisor.start(service)
    supervisor.wait_until(broker.is_responding, error="The broker does not respond.", timeout=START_TIMEOUT)


def _get_demo_service() -> Service:
    return Service(
        name="demo",
        title="The demo",
        command=[sys.executable, str(settings.BASE_DIR / "manage.py"), "make_demo"],
        stop_signals=[],
    )
