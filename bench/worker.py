"""A process that runs functions of the portal: set up once, called for each work.

The portal is an embedded one with an empty DATA_DIR. Its broker is in-process: delivery of jobs is not measured. Settings of a real
portal in the environment (DATABASE_URL, S3_BUCKET ...) are removed, so that a benchmark never uses it.
"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
import sys
import traceback
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

REMOVED_SETTINGS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "DEBUG", "S3_", "JOB_")
OTHER_PACKAGES = {"dubbing_client", "dubbing_core", "dubbing_sessions", "sessions_app", "tests"}


class WorkerError(Exception):
    """A work failed; the message contains the worker's traceback."""


class Worker:
    """A worker process.

    ``do`` calls a function of ``bench.portal`` (or another module) in it.
    """

    def __init__(
        self, data_dir: Path, *, in_memory: bool = False, checkout: Path | None = None, **environment: str
    ) -> None:
        """Start it.

        :param in_memory: neither files nor the database wait for the disk, like the programs it is compared with.
        :param checkout: an earlier version of the portal, which the process runs instead of this one.
        """
        self._in_memory = in_memory
        context = multiprocessing.get_context("spawn")
        self._connection, worker_end = context.Pipe()
        self._process = context.Process(
            target=_serve, args=(worker_end, {"DATA_DIR": str(data_dir)} | environment, checkout), daemon=True
        )
        self._process.start()
        worker_end.close()

    def __enter__(self) -> Self:
        if self._in_memory:
            self.do("disable_syncs")
        self.do("set_up")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()
        self._process.join()

    def do(self, function: str, *arguments: Any, module: str = "bench.portal", **more: Any) -> Any:
        """Call a function in the process and return its result.

        :raises WorkerError: the function raised, or the process died.
        """
        self._connection.send((module, function, arguments, more))
        try:
            succeeded, result = self._connection.recv()
        except EOFError:
            raise WorkerError(f"The worker died during {function}.") from None
        if not succeeded:
            raise WorkerError(result)
        return result


def _serve(connection: Connection, environment: dict[str, str], checkout: Path | None) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent process handles Ctrl-C
    if checkout is not None:
        _import_from(checkout)
    for name in list(os.environ):
        if name.startswith(REMOVED_SETTINGS):
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
        except Exception:  # noqa: BLE001 (the caller raises it)
            connection.send((False, traceback.format_exc()))


def _import_from(checkout: Path) -> None:
    """Import all packages but ``bench`` from another checkout."""
    for name in list(sys.modules):
        if name.partition(".")[0] in OTHER_PACKAGES:
            del sys.modules[name]
    sys.path[:0] = [str(checkout), str(checkout / "client" / "src")]
    os.chdir(checkout)
