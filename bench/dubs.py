"""The client and a portal started as by `make run`: web server, worker and broker."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.resident import Resident
from bench.worker import Worker
from tests.services.ports import reserve_port
from tests.services.processes import ROOT, Service
from tests.services.stacks import without_settings

ENVIRONMENT = ROOT / ".build" / "client" / "bin"
SMALL_SIZE = 20_000
"""Bytes of a voice segment."""
OWNER = "bench"
"""Owner of the sessions of ``bench.portal``."""


class Portal:
    def __init__(self, folder: Path, worker: Worker) -> None:
        self.folder = folder
        self.worker = worker
        """Another process with the same data, which cleans up between rounds."""
        self.port = reserve_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "requests.log"
        self.environment = {
            **without_settings(os.environ),
            "DATA_DIR": str(folder),
            "SITE_URL": self.url,
            "API_RATE_PER_MINUTE": "1000000",
            "GUNICORN_CMD_ARGS": f"--access-logfile {self.log}",
        }
        result = subprocess.run(
            [
                sys.executable,
                "manage.py",
                "create_token",
                "--owner",
                OWNER,
                "--name",
                "bench",
                "--scope",
                "write",
            ],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        self.token = result.stdout.strip()

    def serve(self) -> Service:
        command = [sys.executable, "manage.py", "run", "--port", str(self.port)]
        portal = Service("portal", command, log=self.folder / "portal.log", environment=self.environment)
        portal.wait_until(self._is_ready, timeout=120)
        return portal

    def count_requests(self) -> int:
        """Return the number of requests so far."""
        return len(self.log.read_text(encoding="utf-8", errors="replace").splitlines())

    def code_of(self, name: str) -> str:
        command = [sys.executable, "manage.py", "list_sessions", "--owner", OWNER, "--json"]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return str(next(row["code"] for row in json.loads(done.stdout) if row["name"] == name))

    def _is_ready(self) -> bool:
        return "portal is ready" in (self.folder / "portal.log").read_text(encoding="utf-8", errors="replace")


class Client:
    """One user's `dubs`: as one process per command, and as a long-running process."""

    def __init__(self, portal: Portal, home: Path) -> None:
        self._home = home
        # As in an installation, Python code is compiled once, not at every start.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.environment = {
            **inherited,
            "DUBS_HOME": str(home),
            "DUBS_URL": portal.url,
            "DUBS_TOKEN": portal.token,
        }
        pipe = subprocess.PIPE
        command = [ENVIRONMENT / "python", ROOT / "bench" / "client_acts.py"]
        self._process = subprocess.Popen(command, env=self.environment, stdin=pipe, stdout=pipe, text=True)

    def reset(self) -> None:
        """Delete the state of all folders."""
        shutil.rmtree(self._home, ignore_errors=True)

    def run(self, *arguments: str | Path) -> None:
        """Run one command of `dubs`."""
        subprocess.run(
            [ENVIRONMENT / "dubs", *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL
        )

    def do(self, act: str, *arguments: str | Path, **options: Any) -> float:
        """Run a function of ``client_acts`` in the long-running process; return seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"act": act, "arguments": [str(each) for each in arguments], "options": options}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The client failed in {act}; its error is above.")
        return float(json.loads(line))

    def resident(self) -> Resident:
        return Resident(self._process.pid)

    def close(self) -> None:
        with self._process:  # closing its input ends it
            pass


@contextmanager
def running(folder: Path) -> Iterator[tuple[Portal, Client]]:
    """Start a portal and a client that is signed in to it."""
    if not (ENVIRONMENT / "dubs").exists():
        raise RuntimeError("The client is not installed: make .build/client/.installed")
    with Worker(folder / "portal") as worker:
        portal = Portal(folder / "portal", worker)
        service = portal.serve()
        client = Client(portal, folder / "home")
        try:
            yield portal, client
        finally:
            client.close()
            service.stop()


def reset(portal: Portal, client: Client) -> None:
    portal.worker.do("delete_session", "talk")
    client.reset()


def make_small(folder: Path, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        (folder / f"segment_{number:05}.wav").write_bytes(os.urandom(SMALL_SIZE))
