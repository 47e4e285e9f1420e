"""A child process of the portal and its process group."""

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

PARENT_DEATH_SIGNAL = Path(__file__).with_name("parent_death_signal.py")

PrintLine = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class StopSignal:
    signal: signal.Signals
    timeout: float
    """Seconds to wait for the process to end."""


@dataclass(frozen=True, kw_only=True)
class Service:
    """A command to run, and how to stop it."""

    name: str
    """Prefix of each line of its output."""
    title: str
    """Subject of sentences about it."""
    command: Sequence[str]
    stop_signals: Sequence[StopSignal]
    """Sent one after the other until the process has ended."""
    environment: Mapping[str, str] = field(default_factory=dict)
    descriptors: Sequence[int] = ()
    """Open files to inherit."""
    parent_death_signal: signal.Signals = signal.SIGTERM
    """Received when the portal itself is killed."""


class Child:
    """A running service.

    Create it in the main thread: the parent-death signal follows the creating thread.
    """

    def __init__(self, service: Service, *, print_line: PrintLine) -> None:
        self.service = service
        self.started_at = time.monotonic()
        launcher = [
            *(sys.executable, "-IS", str(PARENT_DEATH_SIGNAL)),
            *(str(os.getpid()), str(int(service.parent_death_signal))),
        ]
        self._process = subprocess.Popen(  # noqa: S603 (the portal's own command)
            [*launcher, *service.command],
            # The working directory stays: the environment may contain relative paths.
            env={**os.environ, **_python_environment(), **service.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=service.descriptors,
            # Ctrl-C in the terminal must reach the portal alone, which stops its children in order.
            process_group=0,
            encoding="utf-8",
            errors="replace",
        )
        threading.Thread(
            target=self._relay_output, args=(print_line,), daemon=True, name=f"{service.name}-output"
        ).start()

    def _relay_output(self, print_line: PrintLine) -> None:
        assert self._process.stdout is not None
        with suppress(ValueError):  # closed during a read
            for line in self._process.stdout:
                if line.strip():
                    print_line(f"{self.service.name:>6} | {line.rstrip()}")

    @property
    def pid(self) -> int:
        return self._process.pid

    def poll(self) -> int | None:
        """Return the exit status if the process has ended, and kill its group."""
        status = self._process.poll()
        if status is not None:
            self._kill_group()
        return status

    def stop(self, *, is_urgent: Callable[[], bool] = lambda: False) -> None:
        """Send the stop signals, then kill the process.

        Does not wait any longer when ``is_urgent`` returns true.
        """
        for stop_signal in self.service.stop_signals:
            if self.poll() is None:
                self._process.send_signal(stop_signal.signal)
                self._wait(stop_signal.timeout, is_urgent)
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        self._kill_group()

    def _wait(self, timeout: float, is_urgent: Callable[[], bool]) -> None:
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline and not is_urgent():
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)
                return

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)


def _python_environment() -> dict[str, str]:
    """Return variables that let a Python child import the portal and flush each line."""
    paths = [str(settings.BASE_DIR), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "PYTHONUNBUFFERED": "1"}
