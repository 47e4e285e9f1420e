"""A process with the portal in it, as a worker is: set up once, then asked for one work after the other.

The portal is an embedded one on a fresh DATA_DIR. Its broker is inside the process: what it costs to tell workers of a job is not
measured. What the environment says of a real portal (DATABASE_URL, S3_BUCKET ...) is left out, so that a benchmark never touches it.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

LEFT_OUT = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "S3_", "JOB_")


class WorkerError(Exception):
    """A work did not succeed; carries what the worker said."""


class Worker:
    """``do`` calls a function of ``bench.portal`` (or another module) in the worker and returns what it returns."""

    def __init__(self, data_dir: Path, *, in_memory: bool = False, **environment: str) -> None:
        """Start it.

        :param in_memory: nothing waits for the disk, neither files nor the database: as those work that are compared with it.
        """
        self._in_memory = in_memory
        spawning = multiprocessing.get_context("spawn")
        self._connection, theirs = spawning.Pipe()
        self._process = spawning.Process(
            target=_serve, args=(theirs, {"DATA_DIR": str(data_dir)} | environment), daemon=True
        )
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        if self._in_memory:
            self.do("leave_to_memory")
        self.do("set_up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.join()

    def do(self, function: str, *arguments: Any, module: str = "bench.portal", **more: Any) -> Any:
        """:raises WorkerError: the function raised, or the process died."""
        self._connection.send((module, function, arguments, more))
        try:
            done, answer = self._connection.recv()
        except EOFError:
            raise WorkerError(f"The worker died while it did {function}.") from None
        if not done:
            raise WorkerError(answer)
        return answer


def _serve(connection: Connection, environment: dict[str, str]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one who asks
    for name in list(os.environ):
        if name.startswith(LEFT_OUT):
            del os.environ[name]
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "dubbing_sessions.settings",
        "REDIS_URL": "memory://",
        "LOG_LEVEL": "ERROR",
    }
    os.environ |= environment
    import django  # noqa: PLC0415 (settings read the environment)

    django.setup()
    while True:
        try:
            module, function, arguments, more = connection.recv()
        except EOFError:
            return
        try:
            connection.send((True, getattr(importlib.import_module(module), function)(*arguments, **more)))
        except Exception:  # noqa: BLE001 (raised again where it is waited for)
            connection.send((False, traceback.format_exc()))
