"""Saves of thousands of small files over HTTP: in packs, or a request per file.

The requests of a save are counted too.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.contest import Bench, Entrant, Row, contest
from bench.dubs import Client, Portal, make_small, reset, running
from bench.session import SIZE, change, total_size

GROUP = "client"
SMALL_COUNT = 5_000
CHANGED_COUNTS = (1, 500, 5_000)


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "small"
    small = folder / "files"
    # In tests the session is short, and the number of files proportional to its size.
    make_small(small, max(50, SMALL_COUNT * min(SIZE, total_size(bench.session)) // SIZE))
    with running(folder) as (portal, client):
        yield from _packs(bench, portal, client, small)
        yield from _requests(bench, portal, client, small)


def _packs(bench: Bench, portal: Portal, client: Client, small: Path) -> Iterator[Row]:
    def prepare() -> None:
        portal.worker.do("delete_session", "small")
        client.reset()

    count = len(list(small.iterdir()))
    check = partial(portal.worker.do, "check", "small", small)
    ours = Entrant(
        name="ours",
        prepare=prepare,
        run=partial(client.do, "save", small, "small"),
        check=check,
    )
    one_by_one = Entrant(
        name="one request a file",
        prepare=prepare,
        run=partial(client.do, "save", small, "small", packs=False, connections=1),
        check=check,
    )
    at_once = Entrant(
        name="the same, four at once",
        prepare=prepare,
        run=partial(client.do, "save", small, "small", packs=False),
        check=check,
    )
    yield from contest(
        f"save of {count:,} files of 20 kB",
        ours,
        [one_by_one, at_once],
        rounds=bench.rounds,
        inputs=[small],
        at_least={"one request a file": 5.0},
    )


def _requests(bench: Bench, portal: Portal, client: Client, small: Path) -> Iterator[Row]:
    """Count a save's requests by number of changed files, in a session of thousands."""
    count = len(list(small.iterdir()))
    for changed in sorted({min(changed, count) for changed in CHANGED_COUNTS}):
        make_small(small, changed)
        before = portal.count_requests()
        client.do("save", small, "small")
        yield Row(
            work=f"save of {changed:,} changed files of {count:,}",
            against="requests",
            value=portal.count_requests() - before,
            unit="",
        )
    copy = shutil.copytree(bench.session, small.parent / "again")
    reset(portal, client)
    client.do("save", copy, "talk")
    (small.parent / "changed").mkdir()
    for path, file in change(bench.session, small.parent / "changed", turn=1).items():
        shutil.copy2(file, copy / path)
    before = portal.count_requests()
    client.do("save", copy, "talk")
    yield Row(
        work="re-save over HTTP, 1 wav and 1 json",
        against="requests",
        value=portal.count_requests() - before,
        unit="",
    )
