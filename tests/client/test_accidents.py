"""The client is killed, the portal is killed, the network breaks: what was saved comes back byte for byte, and once."""

from __future__ import annotations

import os
import random
import time

import pytest

from tests.client.conftest import TIMEOUT, read, write
from tests.services.network import bad_network

pytestmark = pytest.mark.slow

MIB = 1024 * 1024


def thousand_files(draw: random.Random) -> dict[str, bytes]:
    return {
        "talk.mp4": os.urandom(20 * MIB),
        "final_videos/hi_final.mp4": os.urandom(5 * MIB),
        **{f"audio/hi_{number:04}.wav": os.urandom(draw.randrange(1, 4000)) for number in range(998)},
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_a_client_that_is_killed_again_and_again_saves_and_loads_once(machine, tmp_path, seed):
    draw = random.Random(seed)
    laptop = machine("alice-laptop")
    files = thousand_files(draw)
    write(tmp_path / "work", files)
    name = f"Killed {seed}"
    laptop.run_to_the_end(draw, "save", tmp_path / "work", "--name", name, shortest=0.05, longest=1.0)
    assert laptop.versions(name) == [1]
    laptop.run_to_the_end(draw, "load", name, tmp_path / "there", shortest=0.05, longest=0.8)
    assert read(tmp_path / "there") == files
    # What was killed left nothing that a save would take, and a second session least of all.
    assert laptop.run("list", "--names").out.splitlines().count(name) == 1
    assert laptop.told("save", tmp_path / "there")["is_new"] is False


def test_a_network_that_breaks_all_the_time_only_takes_longer(machine, portal, tmp_path):
    draw = random.Random(3)
    files = thousand_files(draw)
    write(tmp_path / "work", files)
    with bad_network(portal.address, seed=3, mean=12 * MIB, silence=0.3) as network:
        laptop = machine("alice-laptop", url=network.url)
        laptop.environment["DUBS_TRIES"] = "40"
        laptop.told("save", tmp_path / "work", "--name", "Rough")
        laptop.told("load", "Rough", tmp_path / "there")
        laptop.told("export", "Rough", "-o", tmp_path / "talk.zip")
        assert len(network.ended) > 2
    assert read(tmp_path / "there") == files
    assert laptop_of(machine, portal).versions("Rough") == [1]


def laptop_of(machine, portal):
    return machine("alice-other", url=portal.address)


def test_a_web_server_that_is_killed_is_waited_for(machine, portal, tmp_path):
    draw = random.Random(4)
    files = thousand_files(draw)
    write(tmp_path / "work", files)
    laptop = machine("alice-laptop")

    for command in (
        ["save", tmp_path / "work", "--name", "Web killed"],
        ["load", "Web killed", tmp_path / "there"],
    ):
        with laptop.start(*command) as process:
            for _ in range(2):
                time.sleep(draw.uniform(0.3, 1.0))
                portal.kill_web()
                portal.start_web()
            assert process.wait(TIMEOUT) == 0
    assert read(tmp_path / "there") == files
    assert laptop.versions("Web killed") == [1]


def test_two_clients_that_save_at_once_are_both_in_history_or_one_is_told(machine, tmp_path):
    one, other = machine("alice-one"), machine("alice-other")
    write(tmp_path / "one", {"talk.mp4": b"video"})
    one.told("save", tmp_path / "one", "--name", "Race")
    other.told("load", "Race", tmp_path / "other")
    expected = {"talk.mp4": b"video"}
    for turn in range(3):
        write(tmp_path / "one", {f"one_{turn}.wav": b"1"})
        write(tmp_path / "other", {f"other_{turn}.wav": b"2"})
        expected |= {f"one_{turn}.wav": b"1", f"other_{turn}.wav": b"2"}
        with one.start("save", tmp_path / "one") as first, other.start("save", tmp_path / "other") as second:
            codes = {first.wait(60), second.wait(60)}
        assert codes in ({0, 5}, {5}), "one of them was first"
        for machine_, folder in ((one, "one"), (other, "other")):
            machine_.told("save", tmp_path / folder, "--on-top")
        for machine_, folder in ((one, "one"), (other, "other")):
            machine_.told("load", "Race", tmp_path / folder)
            assert read(tmp_path / folder) == expected
