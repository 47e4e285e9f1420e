"""Kills, interrupted networks and concurrent saves lose no bytes."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from tests.client.conftest import Machine
from tests.journeys.portal import Portal
from tests.services.stacks import Stack
from tests.services.unreliable_network import Failure, unreliable_network
from tests.services.waits import LIMIT

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
FILES = {"embedded": 400, "team": 120}
"""The S3 server of the tests takes 20 ms for each file."""
KILLS = {"embedded": 5, "team": 3}
"""Kills per test."""


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


@pytest.fixture
def files(stack: Stack) -> int:
    return FILES[stack.name]


@pytest.fixture
def kills(stack: Stack) -> int:
    return KILLS[stack.name]


@pytest.fixture
def project(draw: random.Random, tmp_path: Path, files: int) -> Path:
    """A folder whose content no portal has stored."""
    return make_project(tmp_path / "project", files=files, draw=draw)


@pytest.fixture
def laptop(machine) -> Machine:
    laptop: Machine = machine("alice-laptop")
    return laptop


@pytest.fixture(autouse=True)
def _nothing_is_damaged(portal: Portal) -> Iterator[None]:
    before = portal.call("get_newest_blob_id")
    yield
    assert portal.call("find_inconsistencies") == []
    assert portal.call("find_damaged_blobs", after=before) == []


def make_project(folder: Path, *, files: int, draw: random.Random) -> Path:
    """Create a pipeline's folder.

    It contains a video of several parts, voices of many lengths, texts, an empty file, and names in other scripts.
    """
    contents = {
        "talk.mp4": draw.randbytes(20 * MIB),
        "original_asr.json": b'{"text": "Hello."}',
        "translated.json": '{"hi": "नमस्ते"}'.encode(),
        "dubbed/हिन्दी.wav": draw.randbytes(9 * MIB),
        "dubbed/empty.wav": b"",
    }
    for number in range(files - len(contents)):
        contents[f"segments/{number % 7}/{number:04}.wav"] = draw.randbytes(draw.choice([60, 4_000, 20_000]))
    for path, data in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def digests(folder: Path) -> dict[str, str]:
    """Return path -> SHA-256, without metadata.json."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "metadata.json"
    }


def name() -> str:
    return f"talk-{uuid4().hex[:8]}"


def assert_saved_once(portal: Portal, session: str, project: Path, laptop: Machine) -> None:
    (version,) = portal.call("list_versions", name=session, owner=laptop.owner)
    assert version["files"] == digests(project)


# -- Kills ---------------------------------------------------------------------------------------------------------------


def test_a_repeatedly_killed_client_saves_once(
    portal: Portal, laptop: Machine, project: Path, draw: random.Random, kills: int
):
    session = name()

    portal.worker.pause()  # the save cannot complete before it is killed
    kill(laptop, draw, kills, "save", project, "--name", session)
    portal.worker.resume()

    laptop.run("save", project, "--name", session)
    assert_saved_once(portal, session, project, laptop)
    assert laptop.run_json("save", project)["is_new"] is False
    assert laptop.run("list", "--names").out.splitlines().count(session) == 1


@pytest.mark.accident
def test_a_repeatedly_killed_client_loads_every_byte(
    laptop: Machine, project: Path, draw: random.Random, kills: int, tmp_path: Path
):
    session = name()
    laptop.run("save", project, "--name", session)
    target = tmp_path / "target"
    while True:  # a load may end before the first kill
        (target / "notes").mkdir(parents=True)
        (target / "notes" / "own.txt").write_text("not in the session", encoding="utf-8")
        if kill(laptop, draw, kills, "load", session, target):
            break
        shutil.rmtree(target)

    laptop.run("load", session, target)
    assert (target / "notes" / "own.txt").read_text(encoding="utf-8") == "not in the session"
    shutil.rmtree(target / "notes")
    assert digests(target) == digests(project)
    assert list(target.rglob(".*")) == []


def kill(laptop: Machine, draw: random.Random, kills: int, *arguments: object) -> int:
    """Start a command and kill it, until it was killed so often or has ended.

    :returns: the number of kills.
    """
    killed = 0
    longest = 0.6
    for _ in range(3 * kills):
        with laptop.start(*arguments) as process:
            try:
                process.communicate(timeout=draw.uniform(0.1, longest))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
                if killed == kills:
                    return killed
                continue
        assert process.returncode == 0
        break
    return killed


@pytest.mark.accident
@pytest.mark.one_stack
def test_a_client_saves_while_the_server_is_killed_repeatedly(
    portal: Portal, laptop: Machine, project: Path, draw: random.Random, kills: int
):
    session = name()
    portal.worker.pause()  # the save cannot complete before the first kill

    assert kill_servers(portal, laptop.start("save", project, "--name", session), draw, kills, worker=True)

    assert_saved_once(portal, session, project, laptop)


@pytest.mark.accident
def test_a_client_loads_while_the_server_is_killed_repeatedly(
    portal: Portal, laptop: Machine, project: Path, draw: random.Random, kills: int
):
    session = name()
    laptop.run("save", project, "--name", session)
    killed = 0
    while not killed:  # a load may end before the first kill
        target = project.parent / uuid4().hex
        killed = kill_servers(portal, laptop.start("load", session, target), draw, kills, worker=False)
        assert digests(target) == digests(project)


def kill_servers(
    portal: Portal, client: subprocess.Popen[str], draw: random.Random, kills: int, *, worker: bool
) -> int:
    """Kill web server and worker at random while the client works.

    :returns: the number of kills.
    """
    killed = 0
    with client:
        for _ in range(kills):
            time.sleep(draw.uniform(0.05, 0.4))
            if client.poll() is not None:
                break
            killed += 1
            portal.kill_web()
            if worker and draw.random() < 0.5:
                portal.worker.kill()
            time.sleep(draw.uniform(0, 0.5))
            portal.start_web()
            portal.worker.resume()
        out, err = client.communicate(timeout=LIMIT)
    assert client.returncode == 0, f"{out}\n{err}"
    return killed


# -- Interrupted networks ----------------------------------------------------------------------------------------------------------


@pytest.mark.accident
def test_everything_is_transferred_over_an_interrupted_network(
    portal: Portal, machine, project: Path, draw: random.Random, tmp_path: Path
):
    session = name()
    with unreliable_network(portal.address, seed=draw.randrange(2**32), mean=5 * MIB, silence=0.5) as network:
        laptop = machine("alice-traveler", url=network.url)
        run_until_success(laptop, "save", project, "--name", session)
        run_until_success(laptop, "load", session, tmp_path / "loaded")
        run_until_success(laptop, "export", session, "-o", tmp_path / "talk.zip")

    assert len(network.failures) > 3
    assert set(network.failures) <= set(Failure)
    assert_saved_once(portal, session, project, laptop)
    assert digests(tmp_path / "loaded") == digests(project)
    portal.manage("verify_export", str(tmp_path / "talk.zip"))


def run_until_success(laptop: Machine, *arguments: object) -> None:
    """Run a command until it succeeds; failures must be reported in a sentence."""
    err = ""
    for _ in range(20):
        with laptop.start(*arguments) as process:
            out, err = process.communicate(timeout=LIMIT)
        assert "Traceback" not in err
        if process.returncode == 0:
            return
        assert process.returncode == 1, f"{out}\n{err}"
    raise AssertionError(err)


# -- Concurrent commands ------------------------------------------------------------------------------------------------------------------


@pytest.mark.accident
def test_two_concurrent_saves_of_a_session_lose_nothing(
    portal: Portal, machine, project: Path, tmp_path: Path
):
    session = name()
    laptops = {name: machine(f"alice-{name}") for name in ("one", "two")}
    laptops["one"].run("save", project, "--name", session)
    for side, laptop in laptops.items():
        laptop.run("load", session, tmp_path / side)
        (tmp_path / side / f"of_{side}.wav").write_bytes(side.encode() * 30_000)

    def save(side: str) -> tuple[int, str]:
        with laptops[side].start("save", tmp_path / side, "-m", side) as process:
            _, err = process.communicate(timeout=LIMIT)
        return process.returncode, err

    with ThreadPoolExecutor(2) as threads:
        ends = dict(zip(laptops, threads.map(save, laptops), strict=True))

    assert sorted(code for code, _ in ends.values()) in ([0, 0], [0, 5]), ends
    for side, (code, _) in ends.items():
        if code:
            laptops[side].run("save", tmp_path / side, "-m", side, "--on-top")
    versions = portal.call("list_versions", name=session, owner=laptops["one"].owner)
    assert sorted(version["message"] for version in versions[1:]) == ["one", "two"]
    assert {"of_one.wav", "of_two.wav"} <= versions[2]["files"].keys()


@pytest.mark.one_stack
def test_a_folder_is_saved_by_one_process_at_a_time(laptop: Machine, project: Path):
    session = name()
    first = laptop.start("save", project, "--name", session)
    second = laptop.start("save", project, "--name", session)
    ends = []
    for process in (first, second):
        with process:
            _, err = process.communicate(timeout=LIMIT)
        ends.append((process.returncode, err))

    assert 0 in {code for code, _ in ends}
    assert all(code in {0, 1} and "Traceback" not in err for code, err in ends), ends


@pytest.mark.one_stack
def test_an_interrupted_client_resumes(portal: Portal, laptop: Machine, project: Path):
    session = name()
    portal.worker.pause()  # the save cannot complete before it is interrupted
    with laptop.start("save", project, "--name", session) as process:
        portal.wait_for(lambda: portal.call("has_uploads", owner=laptop.owner), condition="upload")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=LIMIT)
    assert laptop.run("list", "--names").out == "", "a first save creates the session when it has succeeded"
    portal.worker.resume()

    assert process.returncode == 130, err
    assert "Traceback" not in err
    laptop.run("save", project, "--name", session)
    assert_saved_once(portal, session, project, laptop)
