"""A portal in processes of its own, as ``make run`` starts it, for all tests of this folder."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.services.ports import free_port
from tests.services.processes import ROOT, Service
from tests.services.stacks import Stack

PASSWORD = "a-long-enough-secret"
PEOPLE = ("alice", "bob")


@dataclass(frozen=True)
class Portal:
    address: str
    environment: dict[str, str]

    def manage(self, *arguments: str) -> str:
        ran = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        return ran.stdout

    @property
    def answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/accounts/login/", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, TimeoutError, ConnectionError):
            return False


@contextmanager
def running_portal(environment: dict[str, str], *, people: tuple[str, ...] = PEOPLE) -> Iterator[Portal]:
    """Start a portal where people have accounts and nothing else is there."""
    data = Path(environment["DATA_DIR"])
    port = free_port()
    portal = Portal(f"http://127.0.0.1:{port}", environment)
    (data / "demo.json").write_text(json.dumps({"made": True}))
    service = Service(
        "portal",
        [sys.executable, "manage.py", "run", "--port", str(port)],
        log=data / "portal.log",
        environment=environment,
    )
    try:
        service.wait_until(lambda: portal.answers, timeout=90)
        for name in people:
            portal.manage(
                "create_user", name, "--password", PASSWORD, "--email", f"{name}@example.com", "--staff"
            )
        yield portal
    finally:
        service.stop()


@pytest.fixture(scope="session")
def portal(stack: Stack) -> Iterator[Portal]:
    """A portal where Alice and Bob have accounts and nothing else is there."""
    with stack.fresh() as environment, running_portal(environment) as portal:
        yield portal
