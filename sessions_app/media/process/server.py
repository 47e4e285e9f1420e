"""Main loop of the program, which drops its rights first."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pkgutil
import resource
import signal
import socket
import sys
import time
from typing import Any

import av
import av.logging

from sessions_app.media.process.connection import (
    HEADER,
    RemoteFile,
    ResultFile,
    get_read_limit,
    receive,
    send_report,
)
from sessions_app.media.process.derivatives import make_derivatives
from sessions_app.media.process.errors import NoSpaceError, describe_error
from sessions_app.media.process.facts import read_facts

MEMORY = 1024**3
CPU_SECONDS = 10
"""For the facts of a file."""
RESULT_SIZE = 2 * 1024**3
"""Bytes of the file for results, if the process has one."""
PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
FILE_ERRORS = (av.FFmpegError, OSError, MemoryError, ValueError, LookupError, OverflowError)
"""Of a file that cannot be used."""


def serve(connection: socket.socket, result: ResultFile | None) -> None:
    while True:
        letter, size, length = HEADER.unpack(receive(connection, HEADER.size))
        request = json.loads(receive(connection, length)) if length else {}
        _limit_time(int(request.get("cpu_seconds", CPU_SECONDS)))
        with av.logging.Capture() as logs:
            try:
                if letter == b"M":
                    assert result is not None
                    report = make_derivatives(connection, size, request, result)
                else:
                    report = read_facts(RemoteFile(connection, size, limit=get_read_limit(size)), logs)
            except NoSpaceError:
                report = {"no_space": True}
            except FILE_ERRORS as error:
                report = {"reason": describe_error(error, logs)}
        send_report(connection, b"D", 0, report)


def _limit_time(seconds: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(time.process_time()) + 1 + seconds, hard))


def load_libraries() -> None:
    """Import all of PyAV.

    It imports the modules of a kind of stream when it meets the first one.
    """
    for module in pkgutil.walk_packages(av.__path__, "av."):
        if module.name not in {"av.__main__", "av.datasets"}:
            importlib.import_module(module.name)


def drop_rights(result_size: int) -> None:
    """Limit the process to what it has already opened.

    :param result_size: bytes that it may write to the file for results.
    """
    library = ctypes.CDLL(None)
    library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # It would notice the end of a killed worker only when it needs the next bytes.
    library.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    os.nice(10)
    for limit, value in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, result_size),
        (resource.RLIMIT_NOFILE, 0),
    ):
        resource.setrlimit(limit, (value, value))


def main() -> None:
    """Serve the socket of the descriptor in the first argument.

    The second one is that of the file for results.
    """
    descriptors: list[Any] = [int(argument) for argument in sys.argv[1:]]
    connection = socket.socket(fileno=descriptors[0])
    result = ResultFile(descriptors[1]) if len(descriptors) > 1 else None
    av.logging.set_level(av.logging.WARNING)
    av.logging.set_skip_repeated(False)
    load_libraries()
    drop_rights(RESULT_SIZE if result is not None else 0)
    connection.sendall(HEADER.pack(b"H", 0, 0))
    serve(connection, result)
