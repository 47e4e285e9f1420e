"""The original session manager's class, with its sessions on a portal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import textwrap
import time

import pytest

from tests.services.processes import ROOT

pytestmark = pytest.mark.slow

USAGE = ROOT / "client" / "tests"
KILLED = """
import os, signal
from dubbing_client import ProjectSessionManager, jobs
jobs.wait_for = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
ProjectSessionManager().save_session("Killed", {data})
"""
AGAIN = """
from pathlib import Path
from dubbing_client import ProjectSessionManager, jobs
def wait_for(*arguments, wait_for=jobs.wait_for, **named):
    Path("waits").touch()
    return wait_for(*arguments, **named)
jobs.wait_for = wait_for
manager = ProjectSessionManager()
print(manager.save_session("Killed", {data}), manager.last_error)
"""


@pytest.fixture
def python(portal):
    """Run a program on a machine, where the client is and the portal is not, and return what it prints."""

    def run(machine, *command):
        ran = subprocess.run(
            [machine.dubs.parent / "python", *command],
            cwd=machine.folder,
            env={**machine.environment, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        assert ran.returncode == 0, ran.stderr + portal.logs()
        return ran.stdout

    return run


@pytest.fixture
def told(python):
    """The same for some lines with a ``manager``; what they leave in ``answer`` comes back."""

    def run(machine, lines):
        program = (
            "import json, sys\nfrom pathlib import Path\nfrom dubbing_client import ProjectSessionManager\n"
            f"manager = ProjectSessionManager()\n{textwrap.dedent(lines)}\nprint(json.dumps(answer))"
        )
        return json.loads(python(machine, "-c", program))

    return run


def test_the_originals_own_usage_works_line_by_line_on_a_portal(machine, python):
    laptop = machine("alice-laptop")
    said = re.sub(r"\d{8}_\d{6}", "<time>", python(laptop, USAGE / "original_usage.py"))
    assert said.splitlines() == (USAGE / "original_usage.txt").read_text(encoding="utf-8").splitlines()

    # Each of the three days is a version, and each version holds what that day added.
    (session,) = laptop.told("list")["sessions"]
    assert re.fullmatch(r"company_presentation_\d{8}_\d{6}", session["name"])
    assert laptop.versions(session["name"]) == [3, 2, 1]
    assert (session["file_count"], session["stage"]) == (10, "completed")


def test_a_save_of_what_is_there_already_makes_no_version(machine, told):
    laptop = machine("alice-desk")
    answer = told(
        laptop,
        """
        Path("hi.wav").write_bytes(b"hi")
        data = {"video_name": "talk.mp4", "audio_paths": {"hi": "hi.wav"}, "voices": {"hi": "deep"}}
        answer = [manager.save_session("Unchanged", data), manager.save_session("Unchanged", data)]
        answer += [manager.save_session("Unchanged", manager.load_session("Unchanged"))]
        """,
    )
    assert answer == [True, True, True]
    assert laptop.versions("Unchanged") == [1]


def start(machine, program):
    return machine.start_python("-c", program)


def test_a_save_that_was_killed_while_the_portal_stored_it_makes_one_version(portal, machine, told):
    """Killed after it had asked for the version and before it heard of it: the next save hears of it first."""
    laptop = machine("alice-desk")
    data = {"video_name": "talk.mp4", "transcription_text": "hello"}
    assert told(laptop, f'answer = manager.save_session("Killed", {data})')
    changed = {**data, "transcription_text": "hello again"}
    portal.worker.pause()
    with start(laptop, KILLED.format(data=changed)) as killed:
        assert killed.wait(timeout=120) == -signal.SIGKILL
    assert laptop.versions("Killed") == [1], "the portal has not come to it yet"

    with start(laptop, AGAIN.format(data=changed)) as again:
        while not (laptop.folder / "waits").exists():
            assert again.poll() is None, again.communicate()
            time.sleep(0.01)
        portal.worker.resume()
        assert again.communicate(timeout=120)[0] == "True None\n"

    assert laptop.versions("Killed") == [2, 1]
    assert told(laptop, 'answer = manager.load_session("Killed")["transcription_text"]') == "hello again"


def test_two_who_save_the_same_session_do_not_overwrite_each_other_unseen(machine, told):
    laptop, server = machine("alice-one"), machine("alice-two")
    answer = told(
        laptop,
        f"""
        other = ProjectSessionManager("elsewhere", url={server.url!r}, token={server.token!r})
        manager.save_session("Shared", {{"transcription_text": "first"}})
        other.load_session("Shared")
        manager.save_session("Shared", {{"transcription_text": "second"}})
        refused = other.save_session("Shared", {{"transcription_text": "third"}})
        why = other.last_error
        seen = other.load_session("Shared")["transcription_text"]
        answer = [refused, why, seen, other.save_session("Shared", {{"transcription_text": "third"}})]
        """,
    )
    assert answer[0] is False
    assert "version 2" in answer[1]
    assert answer[2:] == ["second", True]
    assert laptop.versions("Shared") == [3, 2, 1]


def test_a_load_never_overwrites_work_that_no_version_has(machine, told):
    answer = told(
        machine("alice-work"),
        """
        Path("hi.wav").write_bytes(b"saved")
        manager.save_session("Work", {"audio_paths": {"hi": "hi.wav"}})
        path = Path(manager.load_session("Work")["audio_paths"]["hi"])
        path.write_bytes(b"a better take")
        refused, why = manager.load_session("Work"), manager.last_error
        kept = path.read_text()
        saved = manager.save_session("Work", {"audio_paths": {"hi": str(path)}})
        answer = [refused, why, kept, saved, Path(manager.load_session("Work")["audio_paths"]["hi"]).read_text()]
        """,
    )
    assert answer[0] is None
    assert "would be overwritten" in answer[1]
    assert answer[2:] == ["a better take", True, "a better take"]


def test_a_hostile_zip_is_refused_by_the_portal_with_a_sentence(machine, told):
    answer = told(
        machine("alice-zip"),
        """
        import zipfile
        with zipfile.ZipFile("evil.zip", "w") as archive:
            archive.writestr("../evil", "")
        answer = [manager.import_session("evil.zip"), manager.last_error, "evil" in manager.get_all_sessions()]
        """,
    )
    assert answer[0] is False
    assert answer[1].endswith(".")
    assert answer[2] is False


def test_what_bob_has_does_not_exist_for_alice(machine, told):
    assert told(machine("bob-laptop"), 'answer = manager.save_session("Bobs", {"video_name": "b.mp4"})')
    answer = told(
        machine("alice-again"),
        'answer = ["Bobs" in manager.get_all_sessions(), manager.load_session("Bobs"), manager.delete_session("Bobs")]',
    )
    assert answer == [False, None, False]
