"""Run test actions in a process that has the portal's settings: python -m tests.journeys.controller

It reads one JSON line per action, ``{"action": NAME, "arguments": {...}}``, and writes one, ``{"result": ...}`` or
``{"error": TRACEBACK}``. A process that stays up needs milliseconds where ``manage.py`` needs seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django

from tests.services.processes import ROOT, start_process


class Controller:
    """The calling side: send an action to the process, wait for its result."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def call(self, action: str, **arguments: Any) -> Any:
        """Run a function of ``tests.journeys.actions`` in the process; return its result."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"action": action, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._log.read_text(encoding="utf-8")
        response = json.loads(line)
        assert "error" not in response, response["error"]
        return response["result"]


@contextmanager
def running_controller(environment: Mapping[str, str]) -> Iterator[Controller]:
    log = Path(environment["DATA_DIR"]) / "controller.log"
    command = [sys.executable, "-m", "tests.journeys.controller"]
    pipe = subprocess.PIPE
    with log.open("wb") as output:
        process = start_process(
            command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=output, text=True
        )
    with process:  # closes its stdin, which ends it
        yield Controller(process, log)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dubbing_sessions.settings"
    django.setup()
    from tests.journeys import actions  # noqa: PLC0415 (models need the settings)

    for line in sys.stdin:
        request = json.loads(line)
        try:
            response = {"result": actions.run(request["action"], request["arguments"])}
        except Exception:  # noqa: BLE001 (the caller raises it)
            response = {"error": traceback.format_exc()}
        print(json.dumps(response), flush=True)  # noqa: T201 (the protocol)


if __name__ == "__main__":
    main()
