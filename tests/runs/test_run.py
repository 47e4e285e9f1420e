"""`manage.py run`, as `make run` calls it: first start, restarts, failures of its processes."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.conf import settings

from tests.journeys.portal import ONE_WEB_PROCESS
from tests.journeys.visitor import Visitor
from tests.services.media import ffmpeg_program
from tests.services.processes import ROOT, start_process
from tests.services.waits import LIMIT, wait_until
from tests.world import PROJECT, zip_of_files

pytestmark = pytest.mark.slow


class Run:
    """A portal started by `manage.py run`, on a port that the system chose."""

    def __init__(self, environment: dict[str, str], *, port: str = "0") -> None:
        data_dir = Path(environment["DATA_DIR"])
        # Started in another folder, with a relative path: all its processes must resolve it the same way.
        self.environment = {**environment, "PORT": port, "DATA_DIR": data_dir.name}
        self.log = data_dir / f"run-{time.monotonic_ns()}.log"
        with self.log.open("wb") as output:
            self.process = start_process(
                [sys.executable, ROOT / "manage.py", "run"],
                cwd=data_dir.parent,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, is_met: Callable[[], object]) -> None:
        wait_until(is_met, report=lambda: self.output, interval=0.15)

    def until_ready(self) -> Run:
        self.wait_for(lambda: "Ctrl-C stops it." in self.output or self.process.poll() is not None)
        assert self.process.poll() is None, self.output
        return self

    def search_output(self, pattern: str) -> str:
        match = re.search(pattern, self.output)
        assert match is not None, self.output
        return match[1]

    @property
    def address(self) -> str:
        return self.search_output(r"The portal is ready: (http://127\.0\.0\.1:\d+)/")

    @property
    def password(self) -> str:
        return self.search_output(r"Sign in as demo with the password (\S+)")

    def visit(self) -> Visitor:
        visitor = Visitor(self.address)
        visitor.sign_in("demo", self.password)
        return visitor

    def pid_of(self, part: str) -> int:
        (pid,) = [pid for pid in children_of(self.process.pid) if part in command_of(pid)]
        return pid

    def end(self, number: signal.Signals) -> int:
        """Send a signal, wait for the end of all its processes, and return its exit status."""
        family = descendants_of(self.process.pid)
        self.process.send_signal(number)
        status = self.process.wait(LIMIT)
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
        return ""  # it has ended


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


def run_error(environment: dict[str, str], **settings: str) -> str:
    """Return the error output of `run`, which must exit with status 1."""
    done = subprocess.run(
        [sys.executable, "manage.py", "run"],
        cwd=ROOT,
        env={**environment, **settings},
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stderr


@pytest.fixture
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """The environment of an empty portal; with the parameter "new", the database is not migrated."""
    is_new = getattr(request, "param", "") == "new"
    fresh = request.getfixturevalue("portal_environment" if is_new else "migrated_environment")
    # The test session has collected the static files.
    processes = {"WEB_PROCESSES": "1"} if is_new else ONE_WEB_PROCESS
    return {**fresh, **processes, "STATIC_ROOT": str(settings.STATIC_ROOT)}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., Run]]:
    """Start portals on one DATA_DIR, one after the other."""
    started: list[Run] = []

    def start_one(**settings: str) -> Run:
        started.append(Run({**environment, **settings}))
        return started[-1]

    yield start_one
    for run in started:
        if run.process.poll() is None:
            run.end(signal.SIGKILL)


@pytest.mark.one_stack
@pytest.mark.parametrize("environment", ["new"], indirect=True)
def test_a_first_start_a_stop_and_a_second_start(start, environment):
    data_dir = Path(environment["DATA_DIR"])
    data_dir.chmod(0o755)
    first = start().until_ready()
    address, password = first.address, first.password
    assert "Preparing the database" in first.output
    assert "demo | Created “Where rivers begin”" in first.output
    assert (data_dir / "demo-password").stat().st_mode & 0o777 == 0o600

    # Pages are served, the demo session exists, and the worker exports it.
    demo = first.visit()
    sessions = demo.get("/sessions/").text
    code = re.search(r"/sessions/([0-9a-f-]{36})/", sessions)
    assert code is not None
    assert "Where rivers begin" in sessions
    archive = export(demo, code[1], first)
    assert archive.testzip() is None
    assert "mixed_videos/edge_hi_swara_mixed.mp4" in archive.namelist()
    assert demo.get("/admin/").status_code == 200
    # The worker for media reads it.
    first.wait_for(lambda: "H.264" in demo.get(f"/sessions/{code[1]}/").text)

    # Other users of this machine read nothing of it: database, sessions, files, broker, logs.
    modes = read_modes(data_dir)
    assert any("blobs" in path.parts for path in modes)
    assert [path for path, mode in modes.items() if mode & 0o077 and not stat.S_ISLNK(mode)] == []

    # A second portal on the same data is refused; the first is unaffected.
    error = run_error(environment, PORT="0")
    assert error == (
        f"Error: A portal is already running on {data_dir} (process {first.process.pid}). "
        "Stop it, or set DATA_DIR to another folder.\n"
    )

    # Ctrl-C stops all processes in order and frees the port.
    assert first.end(signal.SIGINT) == 0
    assert first.output.endswith("Stopped\n")
    assert "Traceback" not in first.output
    assert is_free(address)

    # The second start has the same data and password, and creates no second demo.
    second = start(MEDIA_PROCESSES="0", PROXY_PROCESSES="0").until_ready()
    assert second.password == password
    assert "Creating a demo" not in second.output
    assert second.visit().get("/sessions/").text.count(f"/sessions/{code[1]}/") > 0
    assert second.end(signal.SIGTERM) == 0


def read_modes(folder: Path) -> dict[Path, int]:
    """Return the modes of a folder and of its contents, some of which may disappear."""
    modes: dict[Path, int] = {}
    for parent, _, files in os.walk(folder):
        for path in (Path(parent), *(Path(parent, file) for file in files)):
            with suppress(FileNotFoundError):
                modes[path] = path.lstat().st_mode
    return modes


@pytest.mark.one_stack
@pytest.mark.variant
@pytest.mark.parametrize("environment", ["new"], indirect=True)
def test_media_wait_for_no_light_copy(start, environment, work_folder, media):
    """Save a video whose copy takes half a minute, then another one, which is ready before."""
    run = start().until_ready()
    demo, film = run.visit(), make_long_film(work_folder)
    long = import_session(environment, work_folder / "long.zip", {"film.mp4": film})
    run.wait_for(lambda: get_pending(demo, long) == {"film.mp4": ["proxy"]})

    short = import_session(environment, work_folder / "short.zip", {"talk.mp4": media.video.read_bytes()})
    run.wait_for(lambda: get_pending(demo, short) == {"talk.mp4": []})

    assert get_pending(demo, long) == {"film.mp4": ["proxy"]}


def make_long_film(folder: Path) -> bytes:
    """Return five minutes of MPEG-4, which browsers do not play: four seconds, copied again and again."""
    quiet = [ffmpeg_program(), "-hide_banner", "-loglevel", "error", "-nostdin", "-y"]
    picture = ["-f", "lavfi", "-i", "testsrc2=size=854x480:rate=25:duration=4"]
    once, film = folder / "once.mp4", folder / "film.mp4"
    subprocess.run([*quiet, *picture, "-c:v", "mpeg4", once], check=True, timeout=LIMIT)
    subprocess.run([*quiet, "-stream_loop", "74", "-i", once, "-c", "copy", film], check=True, timeout=LIMIT)
    return film.read_bytes()


def import_session(environment: dict[str, str], archive: Path, files: dict[str, bytes]) -> str:
    """Import a session of the demo account in a process of its own; return its code."""
    archive.write_bytes(zip_of_files(files))
    output = manage(environment, "import_session", str(archive), "--owner", "demo", "--json")
    code: str = json.loads(output)["code"]
    return code


def get_pending(demo: Visitor, session: str) -> dict[str, list[str]]:
    """Return what is not made yet by file; nothing of files that are not read."""
    media = demo.get(f"/sessions/{session}/versions/1/media/").json()
    return {path: file["pending"] for path, file in media["files"].items()}


def export(visitor: Visitor, session: str, run: Run) -> ZipFile:
    """Export the session's third version through its pages; return the download."""
    page = visitor.submit(f"/sessions/{session}/versions/3/export/")
    found: list[str] = []

    def is_done() -> bool:
        found[:] = re.findall(
            r"/exports/[0-9a-f-]{36}/download/", visitor.get(page.url[len(run.address) :]).text
        )
        return bool(found)

    run.wait_for(is_done)
    return ZipFile(BytesIO(visitor.get(found[0]).content))


@pytest.mark.accident
@pytest.mark.one_stack
def test_processes_that_die_are_restarted_and_none_survives_the_portal(start, environment):
    run = start().until_ready()
    for part, title in (("celery", "worker"), ("valkey-server", "broker"), ("gunicorn", "web server")):
        pid = run.pid_of(part)
        family = [pid, *descendants_of(pid)]
        os.kill(pid, signal.SIGKILL)
        run.wait_for(lambda: f"The {title} was ended by SIGKILL. It restarts in 1 s." in run.output)  # noqa: B023 (called before the next iteration)
        run.wait_for(lambda: not any(is_alive(each) for each in family))  # noqa: B023 (called before the next iteration)
        run.wait_for(lambda: any(part in command_of(each) for each in children_of(run.process.pid)))  # noqa: B023 (called before the next iteration)
    demo = run.visit()
    code = re.search(r"/sessions/([0-9a-f-]{36})/", demo.get("/sessions/").text)
    assert code is not None
    assert export(demo, code[1], run).testzip() is None

    # The portal itself is killed: its children end with it.
    family = descendants_of(run.process.pid)
    run.process.kill()
    run.process.wait()
    run.wait_for(lambda: not any(is_alive(pid) for pid in family))

    # A stale socket and a stale lock do not prevent a start.
    restarted = start().until_ready()
    assert restarted.end(signal.SIGTERM) == 0


@pytest.mark.one_stack
def test_a_port_in_use_is_an_error(environment):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert run_error(environment, PORT=str(port)) == (
            f"Error: Port {port} is in use by another program. Stop it, or choose another port: "
            f"PORT={port + 1} make run\n"
        )


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"PORT": "many"}, "PORT must be a whole number, not 'many'."),
        ({"PORT": "70000"}, "PORT must be between 1 and 65535, not 70000."),
        ({"PORT": "0", "HOST": "192.0.2.1"}, "This machine has no address 192.0.2.1"),
    ],
)
def test_an_address_that_cannot_be_used_is_named(environment, variables, sentence):
    assert sentence in run_error(environment, **variables)


@pytest.mark.variant
def test_services_named_by_the_environment_are_not_started(start, environment, stack, valkey, work_folder):
    """With a database of its own it is a team's portal, which gets no demo."""
    environment.setdefault("REDIS_URL", valkey.url)
    run = start().until_ready()
    assert not any("valkey" in command_of(pid) for pid in children_of(run.process.pid))
    if stack.name == "team":
        assert "demo" not in run.output
        assert (
            "There is no account yet. To create one: .venv/bin/python manage.py create_user NAME --staff"
            in run.output
        )
    file = work_folder / "talk.zip"
    file.write_bytes(zip_of_files(PROJECT))
    manage(environment, "create_user", "alice", "--password", "correct-horse-battery")
    manage(environment, "import_session", str(file), "--owner", "alice")
    alice = Visitor(run.address)
    alice.sign_in("alice", "correct-horse-battery")
    assert "talk" in alice.get("/sessions/").text
    assert run.end(signal.SIGTERM) == 0


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Return what a command prints."""
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, check=True, timeout=LIMIT, stdout=subprocess.PIPE, text=True
    )
    return done.stdout
