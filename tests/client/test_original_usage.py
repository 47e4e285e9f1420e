"""The original session manager's class, with its sessions on a portal."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import textwrap

import pytest

from tests.services.processes import ROOT
from tests.services.waits import LIMIT, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.either_stack]

USAGE = ROOT / "client" / "tests"
KILLED = """
import os, signal
from dubbing_client import ProjectSessionManager, commit, version_api
version_api.WAIT_FOR_JOB = {{}}  # or the web process would perform the short save
commit.wait_for_job = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
ProjectSessionManager().save_session("Killed", {data})
"""
AGAIN = """
from pathlib import Path
from dubbing_client import ProjectSessionManager, commit
def wait_for_job(*arguments, wait_for_job=commit.wait_for_job, **named):
    Path("waits").touch()
    return wait_for_job(*arguments, **named)
commit.wait_for_job = wait_for_job
manager = ProjectSessionManager()
print(manager.save_session("Killed", {data}), manager.last_error)
"""


@pytest.fixture
def python(portal):
    """Run a program in the client's environment and return its output."""

    def run(machine, *command):
        done = subprocess.run(
            [machine.server.dubs.parent / "python", *command],
            cwd=machine.folder,
            env={**machine.environment, "PYTHONIOENCODING": "utf-8"},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=LIMIT,
        )
        assert done.returncode == 0, done.stderr + portal.logs()
        return done.stdout

    return run


@pytest.fixture
def evaluate(python):
    """Run lines with a ``manager`` in the client's environment; return ``result``."""

    def run(machine, lines):
        program = (
            "import json, sys\nfrom pathlib import Path\nfrom dubbing_client import ProjectSessionManager\n"
            f"manager = ProjectSessionManager()\n{textwrap.dedent(lines)}\nprint(json.dumps(result))"
        )
        return json.loads(python(machine, "-c", program))

    return run


def test_the_originals_documented_usage_works_on_a_portal(machine, python):
    laptop = machine("alice-laptop")
    output = re.sub(r"\d{8}_\d{6}", "<time>", python(laptop, USAGE / "original_usage.py"))
    assert output.splitlines() == (USAGE / "original_usage.txt").read_text(encoding="utf-8").splitlines()

    # Each of the three days is a version.
    (session,) = laptop.run_json("list")["sessions"]
    assert re.fullmatch(r"company_presentation_\d{8}_\d{6}", session["name"])
    assert laptop.versions(session["name"]) == [3, 2, 1]
    assert (session["file_count"], session["stage"]) == (10, "completed")


@pytest.mark.one_stack
def test_a_save_without_changes_creates_no_version(machine, evaluate):
    laptop = machine("alice-laptop")
    result = evaluate(
        laptop,
        """
        Path("hi.wav").write_bytes(b"hi")
        data = {"video_name": "talk.mp4", "audio_paths": {"hi": "hi.wav"}, "voices": {"hi": "deep"}}
        result = [manager.save_session("Unchanged", data), manager.save_session("Unchanged", data)]
        result += [manager.save_session("Unchanged", manager.load_session("Unchanged"))]
        """,
    )
    assert result == [True, True, True]
    assert laptop.versions("Unchanged") == [1]


def start(machine, program):
    return machine.start_python("-c", program)


@pytest.mark.variant
def test_a_save_killed_while_the_portal_stores_it_creates_one_version(portal, machine, evaluate):
    """The next save first finds out the outcome of the killed one."""
    laptop = machine("alice-laptop")
    data = {"video_name": "talk.mp4", "transcription_text": "hello"}
    assert evaluate(laptop, f'result = manager.save_session("Killed", {data})')
    changed = {**data, "transcription_text": "hello again"}
    portal.worker.pause()
    with start(laptop, KILLED.format(data=changed)) as killed:
        assert killed.wait(timeout=LIMIT) == -signal.SIGKILL
    assert laptop.versions("Killed") == [1], "the job is still queued"

    with start(laptop, AGAIN.format(data=changed)) as again:
        wait_until(lambda: again.poll() is not None or (laptop.folder / "waits").exists(), interval=0.01)
        assert again.poll() is None, again.communicate()
        portal.worker.resume()
        assert again.communicate(timeout=LIMIT)[0] == "True None\n"

    assert laptop.versions("Killed") == [2, 1]
    assert evaluate(laptop, 'result = manager.load_session("Killed")["transcription_text"]') == "hello again"


def test_concurrent_saves_do_not_overwrite_each_other(machine, evaluate):
    laptop, server = machine("alice-one"), machine("alice-two")
    result = evaluate(
        laptop,
        f"""
        other = ProjectSessionManager("elsewhere", url={server.url!r}, token={server.token!r})
        manager.save_session("Shared", {{"transcription_text": "first"}})
        other.load_session("Shared")
        manager.save_session("Shared", {{"transcription_text": "second"}})
        refused = other.save_session("Shared", {{"transcription_text": "third"}})
        error = other.last_error
        loaded = other.load_session("Shared")["transcription_text"]
        result = [refused, error, loaded, other.save_session("Shared", {{"transcription_text": "third"}})]
        """,
    )
    assert result[0] is False
    assert "version 2" in result[1]
    assert result[2:] == ["second", True]
    assert laptop.versions("Shared") == [3, 2, 1]


@pytest.mark.one_stack
def test_a_load_never_overwrites_unsaved_changes(machine, evaluate):
    result = evaluate(
        machine("alice-work"),
        """
        Path("hi.wav").write_bytes(b"saved")
        manager.save_session("Work", {"audio_paths": {"hi": "hi.wav"}})
        path = Path(manager.load_session("Work")["audio_paths"]["hi"])
        path.write_bytes(b"a better take")
        refused, error = manager.load_session("Work"), manager.last_error
        content = path.read_text()
        saved = manager.save_session("Work", {"audio_paths": {"hi": str(path)}})
        result = [refused, error, content, saved, Path(manager.load_session("Work")["audio_paths"]["hi"]).read_text()]
        """,
    )
    assert result[0] is None
    assert "would be overwritten" in result[1]
    assert result[2:] == ["a better take", True, "a better take"]


@pytest.mark.one_stack
def test_a_malicious_zip_is_refused_by_the_portal(machine, evaluate):
    result = evaluate(
        machine("alice-zip"),
        """
        import zipfile
        with zipfile.ZipFile("evil.zip", "w") as archive:
            archive.writestr("../evil", "")
        result = [manager.import_session("evil.zip"), manager.last_error, "evil" in manager.get_all_sessions()]
        """,
    )
    assert result[0] is False
    assert result[1].endswith(".")
    assert result[2] is False


@pytest.mark.one_stack
def test_sessions_of_other_users_do_not_exist(machine, evaluate):
    assert evaluate(machine("bob-laptop"), 'result = manager.save_session("Bobs", {"video_name": "b.mp4"})')
    result = evaluate(
        machine("alice-again"),
        'result = ["Bobs" in manager.get_all_sessions(), manager.load_session("Bobs"), manager.delete_session("Bobs")]',
    )
    assert result == [False, None, False]
