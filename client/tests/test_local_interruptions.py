"""Local sessions after errors and kills: one complete session remains."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import pytest
from disk import InterruptionError, contents, left_behind, write

from dubbing_client.dropin.errors import SessionError
from dubbing_client.dropin.manager import ProjectSessionManager
from dubbing_client.dropin.names import clean_name
from dubbing_client.dropin.session_store import ProgressCounter, copy_verified


def test_a_failed_save_leaves_the_session_unchanged(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav", b"one")}})
    before = contents(Path("sessions/Talk"))
    write("hi.wav", b"two" * 1_000_000)

    def stop(done: int, total: int) -> None:
        if done:
            raise InterruptionError(errno.ENOSPC, "No space left on device")

    with pytest.raises(InterruptionError):
        manager.backend.save("Talk", {"audio_paths": {"hi": "hi.wav"}}, stop)
    assert contents(Path("sessions/Talk")) == before
    assert left_behind() == []


KILLED = """
    import os, signal
    from pathlib import Path
    from dubbing_client.dropin.manager import ProjectSessionManager

    steps = {at}
    def step(*_):
        global steps
        steps -= 1
        if steps < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    # Every rename and every report of progress is a point at which the process may be killed.
    rename = Path.rename
    Path.rename = lambda self, to: (step(), rename(self, to), step())[1]
    manager = ProjectSessionManager(local=True)
    manager.backend.save("Talk", {{"audio_paths": {{"hi": "hi.wav"}}, "video_name": "two.mp4"}}, step)
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
def test_a_save_killed_at_any_point_leaves_one_complete_session(manager):
    outcomes = set()
    for at in range(20):
        write("hi.wav", b"one")
        assert manager.save_session("Talk", {"audio_paths": {"hi": "hi.wav"}, "video_name": "one.mp4"})
        write("hi.wav", b"two" * 1_000_000)
        killed = subprocess.run(
            [sys.executable, "-c", textwrap.dedent(KILLED.format(at=at))],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            check=False,
        )
        loaded = manager.load_session("Talk")
        audio = Path(loaded["audio_paths"]["hi"]).read_bytes()
        assert (loaded["video_name"], audio[:3], len(audio)) in {
            ("one.mp4", b"one", 3),
            ("two.mp4", b"two", 3_000_000),
        }
        outcomes.add((killed.returncode, loaded["video_name"]))
        manager.save_session("Other", {})
        assert left_behind() == []
        if killed.returncode == 0:
            break
    assert outcomes == {(-signal.SIGKILL, "one.mp4"), (-signal.SIGKILL, "two.mp4"), (0, "two.mp4")}


def test_concurrent_saves_leave_one_complete_session(manager):
    def save(number: int) -> None:
        path = write(f"{number}.wav", str(number).encode() * 100_000)
        own = ProjectSessionManager(local=True)
        assert own.save_session("Talk", {"audio_paths": {"hi": path}, "video_name": f"{number}.mp4"})

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loaded = manager.load_session("Talk")
    number = loaded["video_name"].partition(".")[0]
    assert Path(loaded["audio_paths"]["hi"]).read_bytes() == number.encode() * 100_000


def test_a_file_that_changes_while_it_is_copied_is_not_saved(tmp_path):
    source = tmp_path / "hi.wav"
    source.write_bytes(b"x" * 3_000_000)

    def append(done: int, total: int) -> None:
        if done:
            with source.open("ab") as file:
                file.write(b"more")

    with pytest.raises(SessionError, match="changed while it was copied"):
        copy_verified(source, tmp_path / "copy.wav", ProgressCounter(3_000_000, append))


def test_a_damaged_session_is_an_error_and_can_be_saved_again(manager):
    manager.save_session("Talk", {"audio_paths": {"hi": write("hi.wav")}})
    write("sessions/Talk/metadata.json", b'{"audio_paths": ')
    assert manager.load_session("Talk") is None
    assert (
        manager.last_error
        == "metadata.json is not valid JSON (line 1, column 17). Correct it, or leave it out."
    )
    assert manager.get_session_info("Talk") is None
    assert manager.get_all_sessions() == ["Talk"]
    assert manager.save_session("Talk", {"audio_paths": {"hi": "hi.wav"}})
    assert manager.last_error is None
    assert manager.load_session("Talk")["audio_paths"]


@pytest.mark.parametrize(
    "data",
    [
        {"audio_paths": ["hi.wav"]},
        {"languages": "hi"},
        {"video_name": 7},
        {"extra": object()},
        {"n": float("nan")},
    ],
)
def test_data_of_other_types_are_refused(manager, data):
    assert manager.save_session("Talk", data) is False
    assert manager.last_error.endswith(".")
    assert manager.get_all_sessions() == []
    assert left_behind() == []


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("../../etc", "_._.._etc"),
        ("/etc/passwd", "_etc_passwd"),
        ("..", "__"),
        (".hidden", "_hidden"),
        ("C:\\temp", "C__temp"),
        ("con", "con_"),
        ("a\x00b", "a_b"),
        (" Talk ", "Talk"),
        ("प्रस्तुति", "प्रस्तुति"),
        ("x" * 300, "x" * 120),
    ],
)
def test_names_never_lead_out_of_the_folder(manager, typed, clean):
    assert clean_name(typed) == clean
    assert clean_name(clean) == clean
    assert manager.save_session(typed, {"video_name": "talk.mp4"})
    assert [path.name for path in Path("sessions").iterdir() if path.name != ".lock"] == [clean]
    assert manager.load_session(typed)["session_name"] == clean


def test_a_session_needs_a_name(manager):
    assert manager.save_session("  ", {}) is False
    assert manager.last_error == "Give the session a name."
    assert manager.create_session_structure("") == ""
