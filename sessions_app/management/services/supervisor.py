"""Supervision of the portal's child processes: start, restart, stop."""

from __future__ import annotations

import queue
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from sessions_app.management.errors import Error
from sessions_app.management.services.child import Child, PrintLine, Service

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
POLL_INTERVAL = 0.25
"""Seconds between checks for services that have ended."""
RESTART_DELAYS = (1.0, 2.0, 5.0, 10.0)
"""Seconds before a service is restarted, by the number of failures; the last one repeats.

A queued job must not wait longer for a worker than for the reconciler.
"""
STABLE_AFTER = 60.0
"""Seconds of running after which the failures of a service are forgotten."""


class StopRequested(Exception):  # noqa: N818 (a request, not an error)
    pass


class Supervisor:
    """Supervisor that starts services in order and restarts those that end.

    It stops them in reverse order. ``start``, ``wait_until`` and ``watch`` raise StopRequested after one of
    STOP_SIGNALS was received.
    """

    def __init__(self, *, print_line: PrintLine) -> None:
        self._print_line = print_line
        self._children: dict[str, Child] = {}
        self._stop_requests: queue.SimpleQueue[int] = queue.SimpleQueue()

    @contextmanager
    def handle_signals(self) -> Iterator[None]:
        """Handle STOP_SIGNALS during the block."""

        def request_stop(number: int, _: FrameType | None) -> None:
            self._stop_requests.put(number)  # SimpleQueue is reentrant, as signal handlers require

        previous = {number: signal.signal(number, request_stop) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    def start(self, service: Service) -> Child:
        self._raise_if_stopped()
        child = Child(service, print_line=self._print_line)
        self._children[service.name] = child
        return child

    def wait_until(self, is_ready: Callable[[], bool], *, error: str, timeout: float) -> None:
        """Return when ``is_ready()`` returns true.

        :param error: the sentence to raise after ``timeout`` seconds.
        :raises Error: a service ended, or the time is up.
        """
        deadline = time.monotonic() + timeout
        while not is_ready():
            for child in self._children.values():
                if (status := child.poll()) is not None:
                    raise Error(_describe_exit(child, status), code="start_failed")
            if time.monotonic() > deadline:
                raise Error(error, code="start_failed")
            self._sleep(0.05)

    def run_once(self, service: Service) -> int:
        """Run a service that ends by itself, and return its exit status."""
        child = self.start(service)
        while (status := child.poll()) is None:
            self._sleep(0.05)
        del self._children[service.name]
        return status

    def watch(self) -> None:
        """Restart services that end, until StopRequested."""
        failures: dict[str, int] = {}
        restart_at: dict[str, float] = {}
        while True:
            now = time.monotonic()
            for name, child in self._children.items():
                if name in restart_at:
                    if now >= restart_at[name]:
                        del restart_at[name]
                        self._children[name] = Child(child.service, print_line=self._print_line)
                elif (status := child.poll()) is not None:
                    was_stable = now - child.started_at > STABLE_AFTER
                    failures[name] = 1 if was_stable else failures.get(name, 0) + 1
                    delay = RESTART_DELAYS[min(failures[name], len(RESTART_DELAYS)) - 1]
                    restart_at[name] = now + delay
                    self._print_line(f"{_describe_exit(child, status)} It restarts in {delay:g} s.")
            self._sleep(POLL_INTERVAL)

    def stop(self) -> None:
        """Stop all services, the last started first.

        A second stop signal kills them at once.
        """
        for name in reversed(list(self._children)):
            self._children.pop(name).stop(is_urgent=lambda: not self._stop_requests.empty())

    def _sleep(self, seconds: float) -> None:
        with suppress(queue.Empty):
            self._stop_requests.get(timeout=seconds)
            raise StopRequested

    def _raise_if_stopped(self) -> None:
        with suppress(queue.Empty):
            self._stop_requests.get_nowait()
            raise StopRequested


def _describe_exit(child: Child, status: int) -> str:
    if status < 0:
        return f"{child.service.title} was ended by {signal.Signals(-status).name}."
    return f"{child.service.title} ended with status {status}."
