"""First saves of a session: upload, hash, sync.

They are compared with copying and `cp`, which neither hash nor sync.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from bench import peers
from bench.contest import Bench, Entrant, Row, contest
from bench.worker import Worker

GROUP = "zip"
ALSO_IN = "load"
AT_MOST = 700
"""Milliseconds for 487 MB in 23 files."""


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "save"
    with Worker(folder / "portal") as worker:
        ours = Entrant(
            name="ours",
            prepare=partial(worker.do, "delete_session", "talk"),
            run=partial(worker.do, "save", "talk", bench.session),
            check=partial(worker.do, "check", "talk", bench.session),
        )
        found = list(
            contest(
                "save", ours, list(_peers(bench)), rounds=bench.rounds, inputs=[bench.session], on_disk=True
            )
        )
        yield from found
        yield Row(
            work="save",
            against="time until it is durable",
            value=1000 * (found[0].ours_s or 0),
            unit="ms",
            at_most=AT_MOST,
        )


def _peers(bench: Bench) -> Iterator[Entrant]:
    folder = bench.folder / "save"
    copy = folder / "seed"
    yield Entrant(
        name=peers.SEED,
        prepare=partial(peers.remove, copy),
        run=lambda: peers.timed(lambda: peers.seed_copy(bench.session, copy)),
        check=partial(peers.check_folder, copy, bench.session),
    )
    yield from peers.copies(bench.session, folder / "cp")
    for backup in peers.backups(folder):
        yield Entrant(name=backup.name, prepare=backup.reset, run=partial(backup.save, bench.session))
