"""Keeps the portal's processes running until somebody stops it."""

from __future__ import annotations

import queue
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from sessions_app.management.refusals import Error
from sessions_app.management.running.child import Child, Service, Tell

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LOOK_EVERY = 0.25
PAUSES = (1.0, 2.0, 5.0, 10.0, 30.0)
"""Seconds before a service that ended is started again; the last one repeats."""
STEADY_AFTER = 60.0
"""Seconds after which a service counts as running well: the pauses begin anew."""


class StopRequested(Exception):  # noqa: N818 (not an error: somebody asked)
    pass


class Supervisor:
    """Starts services in order, restarts those that end by themselves, stops all in the opposite order.

    ``start``, ``wait_until`` and ``watch`` raise StopRequested once a person or the system asked the portal to stop.
    """

    def __init__(self, *, tell: Tell) -> None:
        self._tell = tell
        self._children: dict[str, Child] = {}
        self._stops: queue.SimpleQueue[int] = queue.SimpleQueue()

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take the signals that mean "stop" during the block."""

        def note(number: int, _: FrameType | None) -> None:
            self._stops.put(number)  # reentrant, as a handler needs it

        before = {number: signal.signal(number, note) for number in STOP_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def start(self, service: Service) -> Child:
        self._raise_if_stopped()
        child = Child(service, tell=self._tell)
        self._children[service.name] = child
        return child

    def wait_until(self, is_ready: Callable[[], bool], *, otherwise: str, timeout: float) -> None:
        """Return when ``is_ready()``.

        :raises Error: a service ended meanwhile, or (``otherwise``) it took longer than ``timeout`` seconds.
        """
        deadline = time.monotonic() + timeout
        while not is_ready():
            for child in self._children.values():
                if (status := child.poll()) is not None:
                    raise Error(_ended(child, status), code="start_failed")
            if time.monotonic() > deadline:
                raise Error(otherwise, code="start_failed")
            self._rest(0.05)

    def run_once(self, service: Service) -> int:
        """Run a service that ends by itself, and return its status."""
        child = self.start(service)
        while (status := child.poll()) is None:
            self._rest(0.05)
        del self._children[service.name]
        return status

    def forget(self, service: Service) -> None:
        """Take no more notice of a service that ended."""
        self._children.pop(service.name).stop()

    def watch(self) -> None:
        """Start again what ends, until StopRequested."""
        failures: dict[str, int] = {}
        due: dict[str, float] = {}
        while True:
            now = time.monotonic()
            for name, child in self._children.items():
                if name in due:
                    if now >= due[name]:
                        del due[name]
                        self._children[name] = Child(child.service, tell=self._tell)
                elif (status := child.poll()) is not None:
                    steady = now - child.started_at > STEADY_AFTER
                    failures[name] = 1 if steady else failures.get(name, 0) + 1
                    pause = PAUSES[min(failures[name], len(PAUSES)) - 1]
                    due[name] = now + pause
                    self._tell(f"{_ended(child, status)} It starts again in {pause:g} s.")
            self._rest(LOOK_EVERY)

    def stop(self) -> None:
        """End everything, the last started first. Asked a second time to stop, it waits for nobody."""
        for name in reversed(list(self._children)):
            self._children.pop(name).stop(is_hurried=lambda: not self._stops.empty())

    def _rest(self, seconds: float) -> None:
        with suppress(queue.Empty):
            self._stops.get(timeout=seconds)
            raise StopRequested

    def _raise_if_stopped(self) -> None:
        with suppress(queue.Empty):
            self._stops.get_nowait()
            raise StopRequested


def _ended(child: Child, status: int) -> str:
    if status < 0:
        return f"{child.service.title} was ended by {signal.Signals(-status).name}."
    return f"{child.service.title} ended with status {status}."
