"""Part files of downloads that were not resumed."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dubbing_client.api import Api
from dubbing_client.downloader import Downloader
from dubbing_client.errors import BusyError
from dubbing_client.part_files import OLD_NS, YOUNG_NS, delete_abandoned, part_file_of, record_of
from dubbing_client.ranged_download import RangedDownload
from dubbing_client.remote_file import RemoteFile

SHA = "ab" * 32
HOUR = 3600 * 1_000_000_000


def abandon(work, path: str, *, age_ns: int = HOUR) -> Path:
    """Create a part file and its record, as a killed download leaves them."""
    part = part_file_of(work.path / path, SHA)
    part.parent.mkdir(parents=True, exist_ok=True)
    part.write_bytes(b"half")
    written = time.time_ns() - age_ns
    os.utime(part, ns=(written, written))
    records = work.state().part_records
    records.mkdir(parents=True, exist_ok=True)
    record_of(part, records).write_bytes(b"0\n")
    return part


def delete_older(work, age_ns: int) -> None:
    delete_abandoned(work.folder, records=work.state().part_records, before_ns=time.time_ns() - age_ns)


def test_abandoned_part_files_are_deleted_with_their_records(work):
    complete = work.write("audio/hi.wav")
    parts = [abandon(work, path) for path in ("talk.mp4", "audio/hi.wav", ".hidden/deep/x.wav")]
    delete_older(work, YOUNG_NS)
    assert not any(part.exists() for part in parts)
    assert list(work.state().part_records.iterdir()) == []
    assert complete.exists()


def test_part_files_that_may_be_resumed_stay(work):
    young, old = abandon(work, "young.mp4"), abandon(work, "old.mp4", age_ns=OLD_NS + HOUR)
    delete_older(work, OLD_NS)
    assert (young.exists(), old.exists()) == (True, False)


def test_other_files_with_the_suffix_stay(work):
    other = work.write("notes.dubs-part")
    delete_older(work, YOUNG_NS)
    assert other.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links need privileges on Windows")
def test_a_link_is_deleted_and_its_target_stays(work, tmp_path):
    target = tmp_path / "target"
    target.write_bytes(b"outside")
    link = part_file_of(work.path / "talk.mp4", SHA)
    link.symlink_to(target)
    delete_abandoned(work.folder, records=work.state().part_records, before_ns=time.time_ns() + HOUR)
    assert not link.is_symlink()
    assert target.read_bytes() == b"outside"


def test_a_locked_part_file_stays_until_its_process_is_killed(work):
    part = abandon(work, "inner/talk.mp4")
    code = (
        "import sys; from dubbing_client.locks import lock_file\n"
        "with open(sys.argv[1], 'r+b') as part: lock_file(part.fileno()); print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(part)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"locked"
        delete_older(work, YOUNG_NS)
        assert part.exists()
        process.kill()
        process.wait()
    delete_older(work, YOUNG_NS)
    assert not part.exists()


def test_a_part_file_is_written_by_one_process(work):
    size = 2 << 20
    file = RemoteFile("talk.mp4", "talk.mp4", work.path / "talk.mp4", size, hashlib.sha256(b"").hexdigest())

    def download(records: str) -> RangedDownload:
        downloader = Downloader(
            Api("http://portal.invalid", "token"),
            session="s",
            version=1,
            records=work.path / records,
            on_bytes=lambda _: None,
            on_placed=lambda *_: None,
        )
        return RangedDownload(downloader, file)

    first, second = download("one"), download("two")
    first._opened()
    with pytest.raises(BusyError, match=r"Another dubs is downloading “talk\.mp4”"):
        second._opened()
    second.close()
    first.close()
