"""Clients and servers are killed, networks break, two people save at once: it always ends with the same bytes, and nothing lost."""

from __future__ import annotations

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

from tests.client.accidents import DUBS, MIB, TIMEOUT, Dubs, digests, make_project, seconds_of
from tests.journeys.portal import Portal, running_portal
from tests.services.network import Fate, bad_network
from tests.services.stacks import Stack

pytestmark = pytest.mark.slow

FILES = {"embedded": 1_000, "team": 120}
"""The S3 server of the tests takes 20 ms for each file."""
BIG = 20 * MIB
KILLS = {"embedded": 5, "team": 3}
"""How often somebody is killed in one test."""


@pytest.fixture(scope="module")
def portal(stack: Stack) -> Iterator[Portal]:
    with running_portal(stack) as portal:
        _ = portal.worker, portal.address
        yield portal


@pytest.fixture
def project(draw: random.Random, tmp_path: Path, files: int) -> Path:
    """A folder of bytes that no portal has seen."""
    assert DUBS.exists(), "Run `make .build/client/.installed` first, as `make test` does."
    return make_project(tmp_path / "project", files=files, big=BIG, draw=draw)


@pytest.fixture
def alice(portal: Portal, tmp_path: Path) -> Dubs:
    return Dubs(tmp_path / "home", url=portal.address, token=portal.ask("token"))


@pytest.fixture
def draw(request: pytest.FixtureRequest) -> random.Random:
    return random.Random(request.node.name)


@pytest.fixture
def files(stack: Stack) -> int:
    return FILES[stack.name]


@pytest.fixture
def kills(stack: Stack) -> int:
    return KILLS[stack.name]


@pytest.fixture(autouse=True)
def nothing_is_damaged(portal: Portal) -> Iterator[None]:
    yield
    assert portal.ask("half_done") == []
    assert portal.ask("damaged_blobs") == []


def name() -> str:
    return f"talk-{uuid4().hex[:8]}"


def saved_once(portal: Portal, session: str, project: Path) -> None:
    (version,) = portal.ask("versions", name=session)
    assert version["files"] == digests(project)


# -- Killed ---------------------------------------------------------------------------------------------------------------


def test_a_client_killed_again_and_again_saves_once(
    portal: Portal, alice: Dubs, project: Path, draw: random.Random, kills: int
):
    usual = seconds_of(alice, "save", project, "--name", name())
    other = make_project(project.parent / "other", files=len(digests(project)), big=BIG, draw=draw)
    session = name()

    kill(alice, draw, kills, usual, "save", other, "--name", session)
    alice.done("save", other, "--name", session)
    saved_once(portal, session, other)


def test_a_client_killed_again_and_again_loads_every_byte(
    alice: Dubs, project: Path, draw: random.Random, kills: int, tmp_path: Path
):
    session = name()
    alice.done("save", project, "--name", session)
    usual = seconds_of(alice, "load", session, tmp_path / "first")
    assert digests(tmp_path / "first") == digests(project)
    target = tmp_path / "target"
    (target / "notes").mkdir(parents=True)
    (target / "notes" / "mine.txt").write_text("not of any session", encoding="utf-8")

    kill(alice, draw, kills, usual, "load", session, target)
    alice.done("load", session, target)
    assert digests(target).pop("notes/mine.txt")
    shutil.rmtree(target / "notes")
    assert digests(target) == digests(project)
    assert list(target.rglob(".*")) == []


def kill(dubs: Dubs, draw: random.Random, kills: int, usual: float, *arguments: object) -> None:
    """Begin again and again, and kill it each time, until it has been caught in the middle so often or has come to the end."""
    caught = 0
    for _ in range(kills):
        if not dubs.killed(draw.uniform(0.1, max(0.2, usual / kills)), *arguments):
            break
        caught += 1
    assert caught


def test_a_server_killed_again_and_again_while_a_client_saves(
    portal: Portal, alice: Dubs, project: Path, draw: random.Random, kills: int
):
    session = name()

    survives(portal, alice.start("save", project, "--name", session), draw, kills, worker=True)

    saved_once(portal, session, project)


def test_a_server_killed_again_and_again_while_a_client_loads(
    portal: Portal, alice: Dubs, project: Path, draw: random.Random, kills: int
):
    session = name()
    alice.done("save", project, "--name", session)
    target = project.parent / "loaded"

    survives(portal, alice.start("load", session, target), draw, kills, worker=False)

    assert digests(target) == digests(project)


def survives(
    portal: Portal, client: subprocess.Popen[str], draw: random.Random, kills: int, *, worker: bool
) -> None:
    """Kill web server and worker at random while the client works, which has to get through."""
    killed = 0
    for _ in range(kills):
        time.sleep(draw.uniform(0.05, 0.6))
        if client.poll() is not None:
            break
        killed += 1
        portal.kill_web()
        if worker and draw.random() < 0.5:
            portal.worker.kill()
        time.sleep(draw.uniform(0, 0.5))
        portal.start_web()
        _ = portal.worker
    said, _ = client.communicate(timeout=TIMEOUT)
    assert client.returncode == 0, said
    assert killed


# -- A bad network ----------------------------------------------------------------------------------------------------------


def test_over_a_network_that_breaks_everything_arrives(
    portal: Portal, project: Path, draw: random.Random, tmp_path: Path
):
    session = name()
    with bad_network(portal.address, seed=draw.randrange(2**32), mean=5 * MIB, silence=0.5) as network:
        traveller = Dubs(tmp_path / "home", url=network.url, token=portal.ask("token"))
        insist(traveller, "save", project, "--name", session)
        insist(traveller, "load", session, tmp_path / "loaded")

    assert len(network.ended) > 3
    assert set(network.ended) <= set(Fate)
    saved_once(portal, session, project)
    assert digests(tmp_path / "loaded") == digests(project)


def insist(dubs: Dubs, *arguments: object) -> None:
    """Run a command until it has worked; what failed on the way must have said so in a sentence."""
    for _ in range(20):
        status, said = dubs.run(*arguments)
        if status == 0:
            return
        assert status == 1, said
        assert "Traceback" not in said
    raise AssertionError(said)


# -- At once ------------------------------------------------------------------------------------------------------------------


def test_two_who_save_one_session_at_once_lose_nothing(portal: Portal, project: Path, tmp_path: Path):
    session = name()
    people = [
        Dubs(tmp_path / f"home-{who}", url=portal.address, token=portal.ask("token"))
        for who in ("one", "two")
    ]
    people[0].done("save", project, "--name", session)
    folders = []
    for dubs, who in zip(people, ("one", "two"), strict=True):
        folder = tmp_path / who
        dubs.done("load", session, folder)
        (folder / f"of_{who}.wav").write_bytes(who.encode() * 30_000)
        folders.append(folder)

    with ThreadPoolExecutor(2) as threads:
        ends = list(
            threads.map(
                lambda pair: pair[0].run("save", pair[1], "-m", pair[1].name),
                zip(people, folders, strict=True),
            )
        )

    told = [status for status, _ in ends]
    assert sorted(told) in ([0, 0], [0, 5]), ends
    for (status, said), dubs, folder in zip(ends, people, folders, strict=True):
        if status:
            assert "saved version 2" in said
            dubs.done("save", folder, "-m", folder.name, "--on-top")
    versions = portal.ask("versions", name=session)
    assert sorted(version["message"] for version in versions[1:]) == ["one", "two"]
    assert {"of_one.wav", "of_two.wav"} <= versions[2]["files"].keys()


def test_one_folder_is_not_saved_by_two_at_once(alice: Dubs, project: Path):
    session = name()
    first = alice.start("save", project, "--name", session)
    second = alice.start("save", project, "--name", session)
    ends = []
    for process in (first, second):
        said, _ = process.communicate(timeout=TIMEOUT)
        ends.append((process.returncode, said))

    assert 0 in {status for status, _ in ends}
    assert all(status in {0, 1} and "Traceback" not in said for status, said in ends), ends


def test_a_client_that_is_interrupted_says_how_to_go_on(alice: Dubs, project: Path):
    process = alice.start("save", project, "--name", name())
    time.sleep(0.4)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=TIMEOUT)

    assert process.returncode in {0, 130}, said
    assert "Traceback" not in said
