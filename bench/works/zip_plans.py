"""Plans of a ZIP with very many files: HEAD, ranges and memory of the web process.

The portal is a deployed one. Its cache of plans is emptied where the first request is measured.
"""

from __future__ import annotations

import statistics
import time
import zipfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from http.client import HTTPConnection
from pathlib import Path

from bench.contest import Bench, Row
from bench.download import DownloadRequest, download
from bench.web import Portal, running_portal

GROUP = "scale"
COUNT = 50_000
"""Number of files, the default limit of a session."""
SAME_TIME = 6
REQUESTS = 100
"""Requests per median, where one takes milliseconds."""
RANGE_SIZE = 100
"""Bytes of a range."""
MIB = 1024 * 1024


def rows(bench: Bench) -> Iterator[Row]:
    work = f"ZIP of {COUNT:,} files"

    def row(against: str, value: float, unit: str, *, at_most: float) -> Row:
        return Row(work=work, against=against, value=value, unit=unit, at_most=at_most)

    folder = bench.folder / "portal"
    folder.mkdir()
    with running_portal(folder, session=bench.session) as portal:
        path = portal.import_archive(_pack(folder / "packed.zip"), name="takes")
        request_head(portal, portal.import_folder(bench.session, name="talk"))
        server = portal.server()
        server.reset_peak()
        idle = server.now()
        yield row("first HEAD", _measure(lambda: request_head(portal, path)), "s", at_most=5)
        _delete_plans(folder)
        with ThreadPoolExecutor(SAME_TIME) as threads:
            slowest = max(
                threads.map(
                    lambda _: _measure(lambda: request_head(portal, path)),
                    range(SAME_TIME),
                )
            )
        yield row(f"the slowest of {SAME_TIME} HEADs at once", slowest, "s", at_most=5)
        size = request_head(portal, path)
        ranges = [_range(portal, path, size * number // REQUESTS) for number in range(REQUESTS)]
        times = [download(one).all_s for one in ranges]
        yield row(f"{RANGE_SIZE} bytes by Range", 1000 * statistics.median(times), "ms", at_most=20)
        yield row("peak memory beyond idle", (server.peak() - idle) / MIB, "MiB", at_most=64)
        (plan,) = _plans(folder, above=COUNT)
        yield Row(work=work, against="plan on the disk", value=plan.stat().st_size / MIB, unit="MiB")


def request_head(portal: Portal, path: str) -> int:
    """Request the headers of a ZIP; return its size in bytes."""
    connection = HTTPConnection("127.0.0.1", portal.port)
    with closing(connection):
        connection.request("HEAD", path, headers={"Cookie": portal.cookie})
        response = connection.getresponse()
        response.read()
    assert response.status == HTTPStatus.OK, f"HEAD {path}: {response.status} {response.reason}"
    return int(response.headers["Content-Length"])


def _measure(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _range(portal: Portal, path: str, start: int) -> DownloadRequest:
    return portal.download_request(path, byte_range=f"bytes={start}-{start + RANGE_SIZE - 1}")


def _plans(folder: Path, *, above: int = 0) -> list[Path]:
    """Return the plans of more than some bytes."""
    plans = (folder / "cache" / "layouts").glob("*.layout")
    return [plan for plan in plans if plan.stat().st_size > above * 100]


def _delete_plans(folder: Path) -> None:
    for plan in _plans(folder):
        plan.unlink()


def _pack(path: Path) -> Path:
    """Write a ZIP whose files have one content: only their number matters."""
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(COUNT):
            archive.writestr(f"audio/hi/hi_segment_{number:05}.wav", b"one take of many")
    return path
