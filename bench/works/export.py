"""Exports of a saved session as a ZIP on the disk."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import peers
from bench.contest import Bench, Entrant, Row, contest
from bench.worker import Worker

GROUP = "zip"
AT_LEAST = {peers.SEED: 45.0, "7z -mx0": 1.1, "cp -r": 1 / 2.2}
"""``cp -r`` makes no archive: its time is the minimum for copying the bytes; the target is 2.2 times that."""


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "export"
    others = [
        _seed(bench),
        *peers.archivers(bench.session, folder),
        *peers.copies(bench.session, folder / "cp"),
    ]
    for work, in_memory in (("export", False), ("export, in memory", True)):
        yield from _compare(bench, work, others, in_memory=in_memory)


def _compare(bench: Bench, work: str, others: list[Entrant], *, in_memory: bool) -> Iterator[Row]:
    portal = bench.folder / "export" / "portal"
    with Worker(portal, in_memory=in_memory) as worker:
        worker.do("save", "talk", bench.session)
        ours = exporter(worker, bench)
        yield from contest(
            work,
            ours,
            others,
            rounds=bench.rounds,
            at_least=AT_LEAST,
            inputs=[bench.session, portal / "storage" / "blobs"],
            on_disk=not in_memory,
        )
    peers.remove(portal)


def exporter(worker: Worker, bench: Bench, *, name: str = "ours") -> Entrant:
    """Start a portal that contains the session as "talk"."""
    return Entrant(
        name=name,
        prepare=partial(worker.do, "delete_exports"),
        run=partial(worker.do, "export", "talk"),
        check=lambda: peers.check_archive(Path(worker.do("exported", "talk")), bench.session),
    )


def _seed(bench: Bench) -> Entrant:
    target = bench.folder / "export" / "seed.zip"
    return Entrant(
        name=peers.SEED,
        prepare=partial(peers.remove, target),
        run=lambda: peers.timed(lambda: peers.write_zip(bench.session, target, zipfile.ZIP_DEFLATED)),
        check=partial(peers.check_archive, target, bench.session),
    )
