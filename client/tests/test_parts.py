"""Unfinished files of loads that nobody went on with."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dubbing_client.api import Api
from dubbing_client.downloads import Download
from dubbing_client.errors import BusyError
from dubbing_client.parts import OLD, YOUNG, clear, note_of, part_of
from dubbing_client.receiving import Receiver, RemoteFile

SHA = "ab" * 32
HOUR = 3600 * 1_000_000_000


def abandon(work, path: str, *, age_ns: int = HOUR) -> Path:
    """Leave a part and its note behind, as a load does that was killed so long ago."""
    part = part_of(work.path / path, SHA)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"half")
    written = time.time_ns() - age_ns
    os.utime(part, ns=(written, written))
    notes = work.state().notes
    notes.mkdir(parents=True, exist_ok=True)
    note_of(part, notes).write_bytes(b"0\n")
    return part


def clear_all(work, *, spared_ns: int) -> None:
    clear(work.folder, notes=work.state().notes, before_ns=time.time_ns() - spared_ns)


def test_what_nobody_went_on_with_goes_and_so_does_what_is_noted_about_it(work):
    kept = work.write("audio/hi.wav")
    parts = [abandon(work, path) for path in ("talk.mp4", "audio/hi.wav", ".hidden/deep/x.wav")]
    clear_all(work, spared_ns=YOUNG)
    assert not any(part.exists() for part in parts)
    assert list(work.state().notes.iterdir()) == []
    assert kept.exists()


def test_what_somebody_may_come_back_for_stays(work):
    young, old = abandon(work, "young.mp4"), abandon(work, "old.mp4", age_ns=OLD + HOUR)
    clear_all(work, spared_ns=OLD)
    assert (young.exists(), old.exists()) == (True, False)


def test_a_file_of_somebody_elses_that_only_looks_so_stays(work):
    named = work.write("notes.dubs-part")
    clear_all(work, spared_ns=YOUNG)
    assert named.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_goes_and_what_it_leads_to_stays(work, tmp_path):
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    link = part_of(work.path / "talk.mp4", SHA)
    link.symlink_to(precious)
    clear(work.folder, notes=work.state().notes, before_ns=time.time_ns() + HOUR)
    assert not link.is_symlink()
    assert precious.read_bytes() == b"mine"


def test_what_another_load_writes_stays_until_that_is_killed(work):
    part = abandon(work, "inner/talk.mp4")
    code = (
        "import sys; from dubbing_client.locks import take\n"
        "with open(sys.argv[1], 'r+b') as part: take(part.fileno()); print('in', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(part)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"in"
        clear_all(work, spared_ns=YOUNG)
        assert part.exists()
        process.kill()
        process.wait()
    clear_all(work, spared_ns=YOUNG)
    assert not part.exists()


def test_two_loads_do_not_write_one_part(work):
    size = 2 << 20
    file = RemoteFile("talk.mp4", "talk.mp4", work.path / "talk.mp4", size, hashlib.sha256(b"").hexdigest())

    def download(notes: str) -> Download:
        receiver = Receiver(
            Api("http://portal.invalid", "token"),
            session="s",
            version=1,
            notes=work.path / notes,
            on_bytes=lambda _: None,
            on_placed=lambda *_: None,
        )
        return Download(receiver, file)

    first, second = download("one"), download("two")
    first._opened()
    with pytest.raises(BusyError, match=r"Another dubs is fetching “talk\.mp4”"):
        second._opened()
    second.close()
    first.close()
