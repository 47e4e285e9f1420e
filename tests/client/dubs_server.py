"""Run `dubs` in forks of one process: PYTHON_OF_THE_CLIENT tests/client/dubs_server.py

It reads one JSON line per command, ``{"arguments": [...], "folder": PATH, "environment": {...}, "out": PATH, "err": PATH}``,
and writes its exit code. To start an interpreter and import the client takes 0.3 s of CPU, a fork 0.01 s.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any

from dubbing_client.cli.main import main
from dubbing_client.cli.parser import COMMANDS, module_of

PR_SET_PDEATHSIG = 1  # prctl(2)
LIBC = ctypes.CDLL(None)


def run_command(request: dict[str, Any]) -> int:
    """Become a process as the shell starts it, and run the command."""
    LIBC.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL))
    for descriptor, path in enumerate((os.devnull, request["out"], request["err"])):
        opened = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(opened, descriptor)
        os.close(opened)
    os.chdir(request["folder"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv[1:] = request["arguments"]
    return main()


def serve() -> None:
    for command in COMMANDS:
        module_of(command)
    for line in sys.stdin:
        request = json.loads(line)
        child = os.fork()
        if child == 0:
            sys.exit(run_command(request))
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 (the protocol)


if __name__ == "__main__":
    serve()
