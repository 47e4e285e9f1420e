from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
import sys
import threading

import pytest

from dubbing_client.errors import BusyError, ChangedError
from dubbing_client.file_hashes import hash_file, hash_folder
from dubbing_client.locks import locked
from dubbing_client.state import COARSE_TICK_NS, FINE_TICK_NS, Base, FileHash, PendingSave, State


def hash_work(work, state):
    """Hash a folder; return the hashes and the files that were read."""
    before = dict(state.files)
    hashes = {path: sha256 for path, _, sha256 in hash_folder(work.folder, work.folder.listing(), state)}
    read = sorted(path for path in hashes if state.files.get(path) is not before.get(path))
    return hashes, read


def test_a_file_is_read_once(work):
    work.write("a.wav", b"a")
    work.write("b.wav", b"b" * 300_000)
    state = work.state()
    hashes, read = hash_work(work, state)
    assert read == ["a.wav", "b.wav"]
    assert hashes["b.wav"] == hashlib.sha256(b"b" * 300_000).hexdigest()
    assert hash_work(work, state) == (hashes, [])
    again = work.state()
    assert hash_work(work, again) == (hashes, [])


def test_a_change_of_size_time_or_inode_is_noticed(work):
    state = work.state()
    place = work.write("a.wav", b"one")
    hash_work(work, state)
    work.write("a.wav", b"two", mtime_ns=1_700_000_001_000_000_001)
    assert hash_work(work, state)[1] == ["a.wav"]
    other = work.write("b.wav", b"six", mtime_ns=1_700_000_001_000_000_001)
    other.replace(place)
    hashes, read = hash_work(work, state)
    assert read == ["a.wav"]
    assert hashes["a.wav"] == hashlib.sha256(b"six").hexdigest()


def test_a_file_modified_within_a_tick_of_its_hash_is_read_again(work):
    """A second write within one tick of the clock does not change the stat."""
    state = work.state()
    work.write("a.wav", b"one", mtime_ns=None)
    hash_work(work, state)
    hashed = state.files["a.wav"]
    racy = FileHash(hashed.stat, hashed.sha256, read_at_ns=hashed.stat.mtime_ns + 1)
    state.cache_hash("a.wav", racy)
    assert hash_work(work, state)[1] == ["a.wav"]


def test_times_in_whole_seconds_need_a_longer_tick(work):
    place = work.write("a.wav", mtime_ns=1_700_000_000_000_000_000)
    hashed = hash_file(place, name="a.wav")
    coarse = FileHash(hashed.stat, hashed.sha256, read_at_ns=hashed.stat.mtime_ns + FINE_TICK_NS + 1)
    assert not coarse.is_valid_for(hashed.stat)
    assert FileHash(
        hashed.stat, hashed.sha256, read_at_ns=hashed.stat.mtime_ns + COARSE_TICK_NS + 1
    ).is_valid_for(hashed.stat)


def test_a_file_that_is_being_written_is_not_hashed(work):
    place = work.write("a.wav", b"x" * 1_000_000)
    with pytest.raises(ChangedError, match=r"“a\.wav” changed while it was being saved"):
        hash_file(place, name="a.wav", on_bytes=lambda _: place.open("ab").close() or os.utime(place))


def test_state_is_saved_and_read(work):
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=3)
    state.synced = {"ü.wav": "0" * 64}
    state.loaded = {"old.wav": "1" * 64}
    state.pending = PendingSave(session="c0de", key="k", request={"parent": 3}, synced={"a": "b"})
    state.save()
    again = work.state()
    assert (again.base, again.synced, again.loaded, again.pending) == (
        state.base,
        state.synced,
        state.loaded,
        state.pending,
    )
    if sys.platform != "win32":
        assert stat.S_IMODE((again.directory / "state.json").stat().st_mode) == 0o600
        assert stat.S_IMODE(again.directory.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"format": 2}', b'{"format": 2, "base": {"x": 1}}', b"\xff\xfe"]
)
@pytest.mark.parametrize("name", ["state.json", "files.json"])
def test_a_damaged_state_is_renamed_with_a_warning(work, capsys, name, content):
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=3)
    state.has_new_hashes = True
    state.save()
    (state.directory / name).write_bytes(content)
    again = work.state()
    assert (again.base is None) == (name == "state.json")
    assert "is damaged and was renamed" in capsys.readouterr().err
    assert (state.directory / f"{name}.damaged").exists()
    again.save()
    assert work.state().files == {}


def test_a_state_of_client_0_1_is_read(work):
    state = work.state()
    state.directory.mkdir(parents=True)
    base = {"session": "5f8f", "name": "Talk", "version": 3}
    pending = {"session": "5f8f", "key": "k", "request": {"parent": 3}, "known": {"a.wav": "11"}}
    state_json = {
        "format": 1,
        "base": base,
        "known": {"a.wav": "00"},
        "loaded": {},
        "creating": "c",
        "pending": pending,
    }
    files_json = {"format": 1, "files": {"a.wav": [1, 2, 3, 4, 5, "00"]}}
    (state.directory / "state.json").write_text(json.dumps(state_json))
    (state.directory / "files.json").write_text(json.dumps(files_json))

    state = work.state()

    assert state.base == Base(session="5f8f", name="Talk", version=3)
    assert state.synced == {"a.wav": "00"}
    assert state.pending == PendingSave("5f8f", "k", {"parent": 3}, {"a.wav": "11"})
    assert state.files["a.wav"].sha256 == "00"


def test_each_portal_has_its_own_state(work):
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=3)
    state.save()
    assert State.read("https://other.example.com", work.folder).base is None


def test_a_folder_is_locked_once(work):
    with (
        locked(work.folder),
        pytest.raises(BusyError, match="Another dubs is working in"),
        locked(work.folder),
    ):
        pass
    with locked(work.folder):
        pass


def test_a_killed_process_leaves_no_lock(work):
    code = (
        "import sys; from pathlib import Path; from dubbing_client.folder import Folder; from dubbing_client.locks import locked\n"
        "with locked(Folder(Path(sys.argv[1]))): print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(work.path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"locked"
        with pytest.raises(BusyError), locked(work.folder):
            pass
        process.kill()
        process.wait()
    with locked(work.folder):
        pass


def test_hashing_stops_when_the_iterator_is_closed(work):
    for number in range(50):
        work.write(f"{number}.wav", b"x" * 1000)
    hashes = hash_folder(work.folder, work.folder.listing(), work.state())
    next(hashes)
    hashes.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("hash")]
    assert len(work.state().files) >= 1, "finished hashes are saved"
