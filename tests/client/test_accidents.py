"""Clients and servers are killed, networks break, two people save at once: it always ends with the same bytes, and nothing lost."""

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

from tests.client.conftest import TIMEOUT, Machine
from tests.journeys.portal import Portal
from tests.services.stacks import Stack
from tests.services.unreliable_network import Failure, unreliable_network

pytestmark = pytest.mark.slow

MIB = 1024 * 1024
FILES = {"embedded": 1_000, "team": 120}
"""The S3 server of the tests takes 20 ms for each file."""
KILLS = {"embedded": 5, "team": 3}
"""How often somebody is killed in one test."""


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
    """A folder of bytes that no portal has seen."""
    return make_project(tmp_path / "project", files=files, draw=draw)


@pytest.fixture
def laptop(machine) -> Machine:
    made: Machine = machine("alice-laptop")
    return made


@pytest.fixture(autouse=True)
def nothing_is_damaged(portal: Portal) -> Iterator[None]:
    before = portal.call("get_newest_blob_id")
    yield
    assert portal.call("find_inconsistencies") == []
    assert portal.call("find_damaged_blobs", after=before) == []


def make_project(folder: Path, *, files: int, draw: random.Random) -> Path:
    """Make a pipeline's folder: a video of several parts, voices of many lengths, texts, an empty file, names in other scripts."""
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
    """SHA-256 by path; what the portal itself adds is left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "metadata.json"
    }


def name() -> str:
    return f"talk-{uuid4().hex[:8]}"


def saved_once(portal: Portal, session: str, project: Path, laptop: Machine) -> None:
    (version,) = portal.call("list_versions", name=session, owner=laptop.owner)
    assert version["files"] == digests(project)


# -- Killed ---------------------------------------------------------------------------------------------------------------


def test_a_client_killed_again_and_again_saves_once(
    portal: Portal, laptop: Machine, project: Path, draw: random.Random, kills: int
):
    session = name()

    kill(laptop, draw, kills, "save", project, "--name", session)

    laptop.run("save", project, "--name", session)
    saved_once(portal, session, project, laptop)
    assert laptop.told("save", project)["is_new"] is False
    assert laptop.run("list", "--names").out.splitlines().count(session) == 1


def test_a_client_killed_again_and_again_loads_every_byte(
    laptop: Machine, project: Path, draw: random.Random, kills: int, tmp_path: Path
):
    session = name()
    laptop.run("save", project, "--name", session)
    target = tmp_path / "target"
    (target / "notes").mkdir(parents=True)
    (target / "notes" / "mine.txt").write_text("not of any session", encoding="utf-8")

    kill(laptop, draw, kills, "load", session, target)

    laptop.run("load", session, target)
    assert (target / "notes" / "mine.txt").read_text(encoding="utf-8") == "not of any session"
    shutil.rmtree(target / "notes")
    assert digests(target) == digests(project)
    assert list(target.rglob(".*")) == []


def kill(laptop: Machine, draw: random.Random, kills: int, *arguments: object) -> None:
    """Begin again and again, and kill it each time, until it was caught at work so often or has come to its end."""
    caught = 0
    longest = 0.6
    for _ in range(3 * kills):
        with laptop.start(*arguments) as process:
            try:
                process.communicate(timeout=draw.uniform(0.1, longest))
            except subprocess.TimeoutExpired:
                process.kill()
                caught += 1
                if caught == kills:
                    return
                continue
        assert process.returncode == 0
        break
    assert caught, "It had ended before it could be killed."


@pytest.mark.one_stack
def test_a_server_killed_again_and_again_while_a_client_saves(
    portal: Portal, laptop: Machine, project: Path, draw: random.Random, kills: int
):
    session = name()

    assert survives(portal, laptop.start("save", project, "--name", session), draw, kills, worker=True)

    saved_once(portal, session, project, laptop)


def test_a_server_killed_again_and_again_while_a_client_loads(
    portal: Portal, laptop: Machine, project: Path, draw: random.Random, kills: int
):
    session = name()
    laptop.run("save", project, "--name", session)
    killed = 0
    while not killed:  # a load may be quicker than we are
        target = project.parent / uuid4().hex
        killed = survives(portal, laptop.start("load", session, target), draw, kills, worker=False)
        assert digests(target) == digests(project)


def survives(
    portal: Portal, client: subprocess.Popen[str], draw: random.Random, kills: int, *, worker: bool
) -> int:
    """Kill web server and worker at random while the client works, which has to get through; tell how often that was."""
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
            _ = portal.worker
        out, said = client.communicate(timeout=TIMEOUT)
    assert client.returncode == 0, f"{out}\n{said}"
    return killed


# -- A bad network ----------------------------------------------------------------------------------------------------------


def test_over_a_network_that_breaks_everything_arrives(
    portal: Portal, machine, project: Path, draw: random.Random, tmp_path: Path
):
    session = name()
    with unreliable_network(portal.address, seed=draw.randrange(2**32), mean=5 * MIB, silence=0.5) as network:
        traveller = machine("alice-traveller", url=network.url)
        insist(traveller, "save", project, "--name", session)
        insist(traveller, "load", session, tmp_path / "loaded")
        insist(traveller, "export", session, "-o", tmp_path / "talk.zip")

    assert len(network.failures) > 3
    assert set(network.failures) <= set(Failure)
    saved_once(portal, session, project, traveller)
    assert digests(tmp_path / "loaded") == digests(project)
    portal.manage("verify_export", str(tmp_path / "talk.zip"))


def insist(laptop: Machine, *arguments: object) -> None:
    """Run a command until it has worked; what failed on the way must have said so in a sentence."""
    said = ""
    for _ in range(20):
        with laptop.start(*arguments) as process:
            out, said = process.communicate(timeout=TIMEOUT)
        assert "Traceback" not in said
        if process.returncode == 0:
            return
        assert process.returncode == 1, f"{out}\n{said}"
    raise AssertionError(said)


# -- At once ------------------------------------------------------------------------------------------------------------------


def test_two_who_save_one_session_at_once_lose_nothing(
    portal: Portal, machine, project: Path, tmp_path: Path
):
    session = name()
    people = {who: machine(f"alice-{who}") for who in ("one", "two")}
    people["one"].run("save", project, "--name", session)
    for who, laptop in people.items():
        laptop.run("load", session, tmp_path / who)
        (tmp_path / who / f"of_{who}.wav").write_bytes(who.encode() * 30_000)

    def save(who: str) -> tuple[int, str]:
        with people[who].start("save", tmp_path / who, "-m", who) as process:
            _, said = process.communicate(timeout=TIMEOUT)
        return process.returncode, said

    with ThreadPoolExecutor(2) as threads:
        ends = dict(zip(people, threads.map(save, people), strict=True))

    assert sorted(code for code, _ in ends.values()) in ([0, 0], [0, 5]), ends
    for who, (code, said) in ends.items():
        if code:
            assert "saved version 2" in said
            people[who].run("save", tmp_path / who, "-m", who, "--on-top")
    versions = portal.call("list_versions", name=session, owner=people["one"].owner)
    assert sorted(version["message"] for version in versions[1:]) == ["one", "two"]
    assert {"of_one.wav", "of_two.wav"} <= versions[2]["files"].keys()


@pytest.mark.one_stack
def test_one_folder_is_not_saved_by_two_at_once(laptop: Machine, project: Path):
    session = name()
    first = laptop.start("save", project, "--name", session)
    second = laptop.start("save", project, "--name", session)
    ends = []
    for process in (first, second):
        with process:
            _, said = process.communicate(timeout=TIMEOUT)
        ends.append((process.returncode, said))

    assert 0 in {code for code, _ in ends}
    assert all(code in {0, 1} and "Traceback" not in said for code, said in ends), ends


@pytest.mark.one_stack
def test_a_client_that_is_interrupted_goes_on_when_it_is_asked_again(
    portal: Portal, laptop: Machine, project: Path
):
    session = name()
    portal.worker.pause()  # the save cannot complete before it is interrupted
    with laptop.start("save", project, "--name", session) as process:
        portal.wait_for(lambda: portal.call("has_uploads", owner=laptop.owner), condition="upload")
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=TIMEOUT)
    portal.worker.resume()

    assert process.returncode == 130, said
    assert "Traceback" not in said
    laptop.run("save", project, "--name", session)
    saved_once(portal, session, project, laptop)
