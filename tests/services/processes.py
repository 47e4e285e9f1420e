"""Starts the servers that tests need, waits until they answer, and leaves none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class ServiceError(RuntimeError):
    """A server did not start; the message ends with the last lines of its log."""


class Service:
    """A server process with its log file. It ends with the test session, even if that is killed."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log: Path,
        environment: Mapping[str, str] | None = None,
        folder: Path = ROOT,
        user: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        own_group: bool = False,
    ) -> None:
        """``own_group``: the process and all that it starts are paused, resumed and killed together."""
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        self.own_group = own_group
        tether = [str(os.getpid()), str(int(stop_signal)), "-" if user is None else str(user)]
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-IS", ROOT / "tests" / "services" / "tether.py", *tether, *command],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0 if own_group else None,
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], *, timeout: float = 30) -> None:
        """Return when ``is_ready()`` is true. :raises ServiceError: after ``timeout`` seconds, or if the process ended."""
        deadline = time.monotonic() + timeout
        while not is_ready():
            if not self.is_running:
                raise ServiceError(
                    f"{self.name} ended with status {self.process.returncode}.\n{self.log_tail()}"
                )
            if time.monotonic() > deadline:
                self.kill()
                raise ServiceError(f"{self.name} was not ready after {timeout:g} s.\n{self.log_tail()}")
            time.sleep(0.02)

    def log_tail(self, lines: int = 30) -> str:
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    def stop(self, *, timeout: float = 20) -> None:
        if self.is_running:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """End it as a crash would: SIGKILL."""
        if self.own_group:
            self.signal_group(signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and all that it started; those that are gone do not mind."""
        assert self.own_group
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
