"""Start the processes that tests need, wait until they are ready, and leave none behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.services.waits import LIMIT

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ROOT / "tests" / "services" / "launcher.py"


class ServiceError(RuntimeError):
    """A server did not start; the message ends with the last lines of its log."""


class Process(subprocess.Popen[Any]):
    """A process that is killed when its ``with`` block fails, instead of waited for."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.kill()
        super().__exit__(kind, value, traceback)


def start_process(
    command: Sequence[str | Path],
    *,
    user: int | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
    **options: Any,
) -> Process:
    """Start a process with default signal handlers that ends with this one.

    :param user: ID of the account that runs it; the current one by default.
    :param death_signal: sent to it when the test session ends without stopping it.
    :param options: as for `subprocess.Popen`; stdin is empty by default.
    """
    launch: list[str | Path] = [sys.executable, "-IS", LAUNCHER, str(os.getpid()), str(int(death_signal))]
    account = "-" if user is None else str(user)
    return Process([*launch, account, *command], **{"stdin": subprocess.DEVNULL, **options})


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
        """Start it.

        :param own_group: signals for pausing, resuming and killing reach the process and all its descendants.
        """
        self.name = name
        self.log = log
        self.stop_signal = stop_signal
        self.own_group = own_group
        with log.open("ab") as output:
            self.process = start_process(
                command,
                user=user,
                death_signal=stop_signal,
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0 if own_group else None,
            )

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], *, timeout: float = LIMIT) -> None:
        """Return when ``is_ready()`` is true.

        :raises ServiceError: after ``timeout`` seconds, or if the process ended.
        """
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

    def stop(self) -> None:
        """Send the stop signal; kill the process if it does not end."""
        if self.is_running:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """Send SIGKILL, as a crash would end it."""
        if self.own_group:
            self.signal_group(signal.SIGKILL)
        self.process.kill()
        self.process.wait()

    def signal_group(self, number: signal.Signals) -> None:
        """Send a signal to the process and all its descendants, if any are left."""
        assert self.own_group
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)
