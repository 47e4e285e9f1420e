"""`manage.py run`, as `make run` calls it: a newcomer's first minutes, and everything that may happen to its processes."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings

from sessions_app.management.running import broker
from tests.journeys.visitor import Visitor
from tests.services.processes import ROOT
from tests.world import PROJECT, zip_of_files

pytestmark = pytest.mark.slow

TIMEOUT = 120
STOPS_WITHIN = 25
"""Seconds on a busy machine; a second or two on an idle one."""


class Run:
    """A portal that `manage.py run` started, on a port that the system chose."""

    def __init__(self, environment: dict[str, str], *, port: str = "0") -> None:
        data_dir = Path(environment["DATA_DIR"])
        # Started from elsewhere, with a relative path: its processes must agree on what that means.
        self.environment = {**environment, "PORT": port, "DATA_DIR": data_dir.name}
        self.log = data_dir / f"run-{time.monotonic_ns()}.log"
        with self.log.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, ROOT / "manage.py", "run"],
                cwd=data_dir.parent,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")

    def wait_for(self, is_so: Callable[[], object]) -> None:
        deadline = time.monotonic() + TIMEOUT
        while not is_so():
            assert time.monotonic() < deadline, self.said
            time.sleep(0.05)

    def until_ready(self) -> Run:
        self.wait_for(lambda: "Ctrl-C stops it." in self.said or self.process.poll() is not None)
        assert self.process.poll() is None, self.said
        return self

    def found(self, pattern: str) -> str:
        match = re.search(pattern, self.said)
        assert match is not None, self.said
        return match[1]

    @property
    def address(self) -> str:
        return self.found(r"The portal is ready: (http://127\.0\.0\.1:\d+)/")

    @property
    def password(self) -> str:
        return self.found(r"Sign in as demo with the password (\S+)")

    def visit(self) -> Visitor:
        visitor = Visitor(self.address)
        visitor.sign_in("demo", self.password)
        return visitor

    def pid_of(self, part: str) -> int:
        (pid,) = [pid for pid in children_of(self.process.pid) if part in command_of(pid)]
        return pid

    def end(self, number: signal.Signals) -> int:
        """Send a signal and return the status it ends with; nothing of it is left then."""
        family = descendants_of(self.process.pid)
        self.process.send_signal(number)
        status = self.process.wait(STOPS_WITHIN)
        self.wait_for(lambda: not any(is_alive(pid) for pid in family))
        return status


def children_of(pid: int) -> list[int]:
    try:
        listed = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for child in listed.split()]


def descendants_of(pid: int) -> list[int]:
    children = children_of(pid)
    return [*children, *(each for child in children for each in descendants_of(child))]


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):
        return ""  # it has ended since it was listed


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def is_free(address: str) -> bool:
    port = int(address.rpartition(":")[2])
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


def refused(environment: dict[str, str], **settings: str) -> str:
    """What `run` says when it cannot start; exit status 1 and nothing else on the screen."""
    done = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


@pytest.fixture
def environment(portal_environment: dict[str, str]) -> dict[str, str]:
    # Static files were collected by the test session already.
    return {**portal_environment, "STATIC_ROOT": str(settings.STATIC_ROOT)}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[[], Run]]:
    """Start portals on one DATA_DIR, one after the other; none is left."""
    started: list[Run] = []

    def start_one() -> Run:
        started.append(Run(environment))
        return started[-1]

    yield start_one
    for run in started:
        if run.process.poll() is None:
            run.end(signal.SIGKILL)


@pytest.mark.one_stack
def test_a_newcomer_starts_stops_and_starts_again(start, environment):
    data_dir = Path(environment["DATA_DIR"])
    first = start().until_ready()
    address, password = first.address, first.password
    assert "Preparing the database" in first.said
    assert "demo | Made “company_presentation_" in first.said
    assert (data_dir / "demo-password").stat().st_mode & 0o777 == 0o600

    # The page answers, the demo is there, and the worker works.
    demo = first.visit()
    sessions = demo.get("/sessions/").text
    code = re.search(r"/sessions/([0-9a-f-]{36})/", sessions)
    assert code is not None
    assert "company_presentation_" in sessions
    archive = exported(demo, code[1], first)
    assert archive.testzip() is None
    assert "mixed_videos/custom_hi_voice_01_demo_mixed.mp4" in archive.namelist()
    assert demo.get("/admin/").status_code == 200

    # Another one on the same data is refused, and the first does not mind.
    said = refused(environment, PORT="0")
    assert said == (
        f"Error: A portal runs on {data_dir} already (process {first.process.pid}). "
        "Stop it, or set DATA_DIR to another folder.\n"
    )

    # Ctrl-C stops everything in order and frees the port.
    assert first.end(signal.SIGINT) == 0
    assert first.said.endswith("Stopped\n")
    assert "Traceback" not in first.said
    assert is_free(address)

    # The second start keeps the data, makes no second demo, and has the same password.
    second = start().until_ready()
    assert second.password == password
    assert "Making a demo" not in second.said
    assert second.visit().get("/sessions/").text.count(f"/sessions/{code[1]}/") > 0
    assert second.end(signal.SIGTERM) == 0


def exported(visitor: Visitor, session: str, run: Run) -> ZipFile:
    """Export the session's third version as a person does; return the download."""
    page = visitor.submit(f"/sessions/{session}/versions/3/export/")
    found: list[str] = []

    def is_done() -> bool:
        found[:] = re.findall(
            r"/exports/[0-9a-f-]{36}/download/", visitor.get(page.url[len(run.address) :]).text
        )
        return bool(found)

    run.wait_for(is_done)
    return ZipFile(BytesIO(visitor.get(found[0]).content))


@pytest.mark.one_stack
def test_what_dies_comes_back_and_nothing_survives_the_portal(start, environment):
    run = start().until_ready()
    for part, title in (("celery", "worker"), ("valkey-server", "broker"), ("gunicorn", "web server")):
        pid = run.pid_of(part)
        family = [pid, *descendants_of(pid)]
        os.kill(pid, signal.SIGKILL)
        run.wait_for(lambda: f"The {title} was ended by SIGKILL. It starts again in 1 s." in run.said)  # noqa: B023
        run.wait_for(lambda: not any(is_alive(each) for each in family))  # noqa: B023
        run.wait_for(lambda: any(part in command_of(each) for each in children_of(run.process.pid)))  # noqa: B023
    demo = run.visit()
    code = re.search(r"/sessions/([0-9a-f-]{36})/", demo.get("/sessions/").text)
    assert code is not None
    assert exported(demo, code[1], run).testzip() is None

    # The portal itself is killed: its children go with it, whatever they do.
    family = descendants_of(run.process.pid)
    run.process.kill()
    run.process.wait()
    run.wait_for(lambda: not any(is_alive(pid) for pid in family))

    # A stale socket, a stale lock and a broker's file that cannot be read keep nobody from starting.
    folder = Path(environment["DATA_DIR"]) / "broker" / broker.APPENDED
    for file in folder.glob("*.manifest"):
        file.write_bytes(b"scribble\n")
    again = start().until_ready()
    assert "The broker could not read what it had kept." in again.said
    assert again.end(signal.SIGTERM) == 0


@pytest.mark.one_stack
def test_what_keeps_it_from_starting_is_a_sentence(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert refused(environment, PORT=str(port)) == (
            f"Error: Port {port} is in use by another program. Stop that, or choose another port: "
            f"PORT={port + 1} make run\n"
        )
    assert refused(environment, PORT="many") == "Error: PORT must be a whole number, not 'many'.\n"
    assert refused(environment, PORT="70000") == "Error: PORT must be between 1 and 65535, not 70000.\n"
    assert "This machine has no address 192.0.2.1" in refused(environment, PORT="0", HOST="192.0.2.1")


def test_services_that_the_environment_names_are_not_started(start, environment, stack, valkey, work_folder):
    """Where it names a database, too, that is a team's, which gets no demo."""
    environment.setdefault("REDIS_URL", valkey.url)
    run = start().until_ready()
    assert not any("valkey" in command_of(pid) for pid in children_of(run.process.pid))
    if stack.name == "team":
        assert "demo" not in run.said
        assert "There is no account yet: .venv/bin/python manage.py create_user NAME --staff" in run.said
    file = work_folder / "talk.zip"
    file.write_bytes(zip_of_files(PROJECT))
    manage(environment, "create_user", "alice", "--password", "correct-horse-battery")
    manage(environment, "import_session", str(file), "--owner", "alice")
    alice = Visitor(run.address)
    alice.sign_in("alice", "correct-horse-battery")
    assert "talk" in alice.get("/sessions/").text
    assert run.end(signal.SIGTERM) == 0


def manage(environment: dict[str, str], *arguments: str) -> None:
    command = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=TIMEOUT, stdout=subprocess.DEVNULL)
