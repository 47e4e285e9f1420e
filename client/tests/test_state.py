from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
import threading

import pytest

from dubbing_client.errors import BusyError, ChangedError
from dubbing_client.hashing import hash_file, hashes
from dubbing_client.locks import locked
from dubbing_client.state import COARSE, FINE, Base, Hashed, Pending, State


def hashed_paths(work, state):
    """Hash a folder; tell which files were read for that."""
    read = []
    before = dict(state.files)
    found = {path: sha256 for path, _, sha256 in hashes(work.folder, work.folder.listing(), state)}
    read = sorted(path for path in found if state.files.get(path) is not before.get(path))
    return found, read


def test_a_file_is_read_once(work):
    work.write("a.wav", b"a")
    work.write("b.wav", b"b" * 300_000)
    state = work.state()
    found, read = hashed_paths(work, state)
    assert read == ["a.wav", "b.wav"]
    assert found["b.wav"] == hashlib.sha256(b"b" * 300_000).hexdigest()
    assert hashed_paths(work, state) == (found, [])
    again = work.state()
    assert hashed_paths(work, again) == (found, [])


def test_a_change_of_size_time_or_file_is_seen(work):
    state = work.state()
    place = work.write("a.wav", b"one")
    hashed_paths(work, state)
    work.write("a.wav", b"two", mtime_ns=1_700_000_001_000_000_001)
    assert hashed_paths(work, state)[1] == ["a.wav"]
    other = work.write("b.wav", b"six", mtime_ns=1_700_000_001_000_000_001)
    other.replace(place)
    found, read = hashed_paths(work, state)
    assert read == ["a.wav"]
    assert found["a.wav"] == hashlib.sha256(b"six").hexdigest()


def test_a_file_as_young_as_its_hash_is_read_again(work):
    """A second write within one tick of the clock leaves no trace but its bytes."""
    state = work.state()
    work.write("a.wav", b"one", mtime_ns=None)
    hashed_paths(work, state)
    hashed = state.files["a.wav"]
    racy = Hashed(hashed.stat, hashed.sha256, at_ns=hashed.stat.mtime_ns + 1)
    state.note("a.wav", racy)
    assert hashed_paths(work, state)[1] == ["a.wav"]


def test_whole_seconds_are_trusted_after_seconds_only(work):
    place = work.write("a.wav", mtime_ns=1_700_000_000_000_000_000)
    hashed = hash_file(place, shown="a.wav")
    coarse = Hashed(hashed.stat, hashed.sha256, at_ns=hashed.stat.mtime_ns + FINE + 1)
    assert not coarse.holds_for(hashed.stat)
    assert Hashed(hashed.stat, hashed.sha256, at_ns=hashed.stat.mtime_ns + COARSE + 1).holds_for(hashed.stat)


def test_a_file_that_is_being_written_is_no_hash(work):
    place = work.write("a.wav", b"x" * 1_000_000)
    with pytest.raises(ChangedError, match=r"“a\.wav” changed while it was being saved"):
        hash_file(place, shown="a.wav", on_bytes=lambda _: place.open("ab").close() or os.utime(place))


def test_state_survives(work):
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=3)
    state.known = {"ü.wav": "0" * 64}
    state.loaded = {"old.wav": "1" * 64}
    state.creating = "key"
    state.pending = Pending(session="c0de", key="k", request={"parent": 3}, known={"a": "b"})
    state.save()
    again = work.state()
    assert (again.base, again.known, again.loaded, again.creating, again.pending) == (
        state.base,
        state.known,
        state.loaded,
        state.creating,
        state.pending,
    )
    if sys.platform != "win32":
        assert stat.S_IMODE((again.place / "state.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(again.place.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "scribble", [b"", b"{", b"[]", b'{"format": 1}', b'{"format": 1, "base": {"x": 1}}', b"\xff\xfe"]
)
@pytest.mark.parametrize("name", ["state.json", "files.json"])
def test_a_damaged_state_is_set_aside_with_a_word(work, capsys, name, scribble):
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=3)
    state.is_stale = True
    state.save()
    (state.place / name).write_bytes(scribble)
    again = work.state()
    assert (again.base is None) == (name == "state.json")
    assert "is damaged; it lies in" in capsys.readouterr().err
    assert (state.place / f"{name}.damaged").exists()
    again.save()
    assert work.state().files == {}


def test_each_portal_has_a_state_of_its_own(work):
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=3)
    state.save()
    assert State.read("https://other.example.com", work.folder).base is None


def test_one_dubs_a_folder(work):
    with locked(work.folder), pytest.raises(BusyError, match="Another dubs works in"), locked(work.folder):
        pass
    with locked(work.folder):
        pass


def test_a_killed_dubs_leaves_no_lock(work):
    code = (
        "import sys; from pathlib import Path; from dubbing_client.folder import Folder; from dubbing_client.locks import locked\n"
        "with locked(Folder(Path(sys.argv[1]))): print('in', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(work.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"in"
        with pytest.raises(BusyError), locked(work.folder):
            pass
        process.kill()
        process.wait()
    with locked(work.folder):
        pass


def test_hashing_ends_with_whoever_asks(work):
    for number in range(50):
        work.write(f"{number}.wav", b"x" * 1000)
    found = hashes(work.folder, work.folder.listing(), work.state())
    next(found)
    found.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("hash")]
    assert len(work.state().files) >= 1, "what was hashed is kept"
