"""A worker's memory beyond its idle size, and the bytes it reads and writes.

Each work runs in a process of its own.

The large session is one sparse file and a few small ones, since only its size matters.
"""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import peers
from bench.contest import Bench, Row
from bench.session import CHANGED, change, total_size
from bench.worker import Worker

GROUP = "zip"
AT_MOST = 64.0
"""MiB beyond idle, for any size."""
TIMES_AS_LARGE = 10
"""Size of the large session's file as a multiple of the usual session: above 4 GiB, where ZIP64 is needed."""
COPIES = 4
"""Copies of the large session on the disk at most: source, export, import, loaded folder."""
MIB = 1024 * 1024


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "memory"
    archives = folder / "archives"
    archives.mkdir(parents=True)
    peers.write_zip(bench.session, archives / "stored.zip", zipfile.ZIP_STORED)
    peers.write_zip(bench.session, archives / "deflated.zip", zipfile.ZIP_DEFLATED)
    changed = change(bench.session, archives, turn=1)
    portal = folder / "portal"
    yield from _measure(portal, "save", "save", "talk", bench.session)
    yield from _measure(portal, "re-save", "save_again", "talk", {path: changed[path] for path in CHANGED})
    yield from _measure(portal, "export", "export", "talk")
    (folder / "loaded").mkdir()
    yield from _measure(portal, "load", "load", "talk", folder / "loaded")
    shutil.rmtree(portal)
    yield from _measure(portal, "import stored", "import_file", "stored", archives / "stored.zip")
    shutil.rmtree(portal)
    yield from _measure(portal, "import deflated", "import_file", "deflated", archives / "deflated.zip")
    shutil.rmtree(folder)
    yield from _large(bench, folder)


def _large(bench: Bench, folder: Path) -> Iterator[Row]:
    size = TIMES_AS_LARGE * total_size(bench.session)
    free = shutil.disk_usage(bench.folder).free
    if free < (COPIES + 1) * size:
        bench.report(f"Not measured: a session of {size / 1e9:.1f} GB. This disk has too little free space.")
        return
    source = folder / "source"
    source.mkdir(parents=True)
    with (source / "long_conference.mp4").open("wb") as file:
        file.truncate(size)
    for path in CHANGED:
        (source / path).parent.mkdir()
        shutil.copy2(bench.session / path, source / path)
    portal, label = folder / "portal", f"({size / 1e9:.1f} GB)"
    yield from _measure(portal, f"save {label}", "save", "large", source)
    yield from _measure(portal, f"export {label}", "export", "large")
    (folder / "loaded").mkdir()
    yield from _measure(portal, f"load {label}", "load", "large", folder / "loaded")
    shutil.rmtree(folder / "loaded")
    with Worker(portal) as worker:
        archive = folder / "large.zip"
        Path(worker.do("exported", "large")).rename(archive)
        worker.do("delete_session", "large")
    yield from _measure(portal, f"import stored {label}", "import_file", "again", archive)
    shutil.rmtree(folder)


def _measure(portal: Path, work: str, function: str, *arguments: Any) -> Iterator[Row]:
    with Worker(portal) as worker:
        result = worker.do("measured", function, *arguments, module="bench.measure")
    memory = result["memory"] / MIB
    yield Row(work=work, against="peak memory beyond idle", value=memory, unit="MiB", at_most=AT_MOST)
    yield Row(work=work, against="bytes through the process", value=result["through"] / 1e6, unit="MB")
