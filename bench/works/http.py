"""Downloads of a version's ZIP, compared with zipstream-ng in the same server.

The portal is a deployed one.
"""

from __future__ import annotations

import statistics
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench.contest import Bench, Entrant, Row, contest
from bench.download import DownloadRequest, Received, download
from bench.resident import Resident
from bench.web import Portal, running_portal

GROUP = "zip"
ALSO_IN = "load"
WORK = "http"
PEER = "/peers/zipstream-ng/"
REQUESTS = 100
"""Requests per median, where one takes milliseconds."""
TAIL_SIZE = 10_000_000
MANY = 5000
"""Number of files in a session of segments."""
SEGMENT_SIZE = 400

Fetch = Callable[..., Received]


def rows(bench: Bench) -> Iterator[Row]:
    portal_folder = bench.folder / "portal"
    portal_folder.mkdir()
    # The client has its own process, so that its work is not measured as the server's.
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as client,
        running_portal(portal_folder, session=bench.session) as portal,
    ):

        def fetch(request: DownloadRequest, **options: bool) -> Received:
            return client.submit(download, request, **options).result()

        session = portal.import_folder(bench.session, name="talk")
        many = portal.import_folder(_segments(bench.folder / "segments"), name="segments")

        def entrant(name: str, path: str) -> Entrant:
            return Entrant(
                name=name,
                run=lambda: fetch(portal.download_request(path)).all_s,
                check=lambda: _check(portal, path, bench),
            )

        ours, peer = entrant("ours", session), entrant("zipstream-ng", PEER)
        fetch(portal.download_request(session, byte_range="bytes=0-9"))
        memory, size = _memory_taken(portal.server(), lambda: fetch(portal.download_request(session)))
        yield from contest(WORK, ours, [peer], rounds=bench.rounds, at_least={peer.name: 1.8})
        yield _median(
            "first byte",
            lambda: fetch(portal.download_request(session), first_byte_only=True).first_byte_s,
            at_most=5,
        )
        tail = portal.download_request(session, byte_range=f"bytes=-{TAIL_SIZE}")
        yield _median("last 10 MB by Range", lambda: fetch(tail).all_s, at_most=20)
        yield _median(
            f"first byte of {MANY} files",
            lambda: fetch(portal.download_request(many), first_byte_only=True).first_byte_s,
        )
        yield Row(
            work=WORK, against=f"memory, {size / 1e9:.1f} GB", value=memory / 1024**2, unit="MiB", at_most=64
        )


def _check(portal: Portal, path: str, bench: Bench) -> None:
    """Download to a file and read the whole archive."""
    file = bench.folder / "downloaded.zip"
    portal.download(path, file)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        found = Counter(each.file_size for each in archive.infolist())
    file.unlink()
    expected = Counter(each.stat().st_size for each in bench.session.rglob("*") if each.is_file())
    assert found >= expected, f"{path} does not contain the session's files."


def _median(label: str, measure: Callable[[], float], *, at_most: float | None = None) -> Row:
    """Measure a duration of milliseconds many times."""
    value = 1000 * statistics.median(measure() for _ in range(REQUESTS))
    return Row(work=WORK, against=label, rounds=REQUESTS, value=value, unit="ms", at_most=at_most)


def _memory_taken(server: Resident, fetch: Callable[[], Received]) -> tuple[int, int]:
    """Return the server's peak memory beyond idle in a download, and the body's size."""
    server.reset_peak()
    idle = server.now()
    size = fetch().size
    return server.peak() - idle, size


def _segments(folder: Path) -> Path:
    """Create the files of a session of many segments."""
    (folder / "audio").mkdir(parents=True)
    for number in range(MANY):
        data = number.to_bytes(4, "little") * (SEGMENT_SIZE // 4)
        (folder / "audio" / f"hi_segment_{number:04}.wav").write_bytes(data)
    return folder
