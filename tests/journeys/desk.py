"""Acts with the portal's settings, in a process of its own: python -m tests.journeys.desk

A line of JSON goes in, ``{"act": NAME, "arguments": {...}}``; one comes out, ``{"answer": ...}`` or ``{"error": TRACEBACK}``.
A process that stays does in milliseconds what ``manage.py`` takes seconds for.
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

from tests.services.processes import ROOT


class Desk:
    """The process, as those see it who ask."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self._process = process
        self._log = log

    def ask(self, act: str, **arguments: Any) -> Any:
        """Have one of ``acts`` done in a process with the portal's settings."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"act": act, "arguments": arguments}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, self._log.read_text(encoding="utf-8")
        told = json.loads(line)
        assert "error" not in told, told["error"]
        return told["answer"]


@contextmanager
def running_desk(environment: Mapping[str, str]) -> Iterator[Desk]:
    log = Path(environment["DATA_DIR"]) / "desk.log"
    command = [sys.executable, "-m", "tests.journeys.desk"]
    pipe = subprocess.PIPE
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=pipe, stdout=pipe, stderr=output, text=True
        )
    with process:  # which closes its input: it ends then
        yield Desk(process, log)


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "dubbing_sessions.settings"
    django.setup()
    from tests.journeys import acts  # noqa: PLC0415 (models need the settings)

    for line in sys.stdin:
        asked = json.loads(line)
        try:
            told = {"answer": acts.perform(asked["act"], asked["arguments"])}
        except Exception:  # noqa: BLE001 (whoever asked shall know)
            told = {"error": traceback.format_exc()}
        print(json.dumps(told), flush=True)  # noqa: T201 (its way to speak)


if __name__ == "__main__":
    main()
