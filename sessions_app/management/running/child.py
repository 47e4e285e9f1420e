"""One process of the portal: started, listened to, stopped, with all that it started itself."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

TETHER = Path(__file__).with_name("tether.py")

Tell = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Goodbye:
    """A signal, and the seconds that the process has to end after it."""

    signal: signal.Signals
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Service:
    """What to run, and how it likes to be stopped."""

    name: str
    """Stands in front of each of its lines."""
    title: str
    """As a sentence begins with it."""
    command: Sequence[str]
    goodbyes: Sequence[Goodbye]
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: Sequence[int] = ()
    """Open files that it inherits."""
    when_orphaned: signal.Signals = signal.SIGTERM
    """What it gets when the portal itself is killed."""


class Child:
    """A running service. It must be made in the main thread: the kernel ties its life to the thread that makes it."""

    def __init__(self, service: Service, *, tell: Tell) -> None:
        self.service = service
        self.started_at = time.monotonic()
        tether = [sys.executable, "-IS", str(TETHER), str(os.getpid()), str(int(service.when_orphaned))]
        self._process = subprocess.Popen(  # noqa: S603 (the command is the portal's own)
            [*tether, *service.command],
            # In the folder where the portal was started: the environment may name relative paths.
            env={**os.environ, **_python(), **service.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=service.descriptors,
            # A group of its own: Ctrl-C in the terminal reaches the portal alone, which stops its children in order.
            process_group=0,
            encoding="utf-8",
            errors="replace",
        )
        threading.Thread(target=self._relay, args=(tell,), daemon=True, name=f"{service.name}-lines").start()

    def _relay(self, tell: Tell) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # closed while it was read
            for line in self._process.stdout:
                if line.strip():
                    tell(f"{self.service.name:>6} | {line.rstrip()}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """Return the status of a process that has ended, and end what it left running."""
        status = self._process.poll()
        if status is not None:
            self._kill_group()
        return status

    def stop(self, *, is_hurried: Callable[[], bool] = lambda: False) -> None:
        """End the process as it likes it, and in any case; when ``is_hurried`` comes true, at once."""
        for goodbye in self.service.goodbyes:
            if self.poll() is None:
                self._process.send_signal(goodbye.signal)
                self._wait(goodbye.seconds, is_hurried)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._kill_group()

    def _wait(self, seconds: float, is_hurried: Callable[[], bool]) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not is_hurried():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
                return

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _python() -> dict[str, str]:
    """What a Python child needs to find the portal's code from any folder, and to say its lines at once."""
    paths = [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUNBUFFERED": "1"}
