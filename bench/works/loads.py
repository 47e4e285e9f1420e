"""Loads of a saved session into a folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import peers
from bench.contest import Bench, Entrant, Row, contest
from bench.worker import Worker

GROUP = "zip"
AT_LEAST = {"borg": 5.0, "restic": 7.0}


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "load"
    with Worker(folder / "portal") as worker:
        worker.do("save", "talk", bench.session)
        ours = loader(worker, bench, folder / "ours")
        yield from contest(
            "load",
            ours,
            list(_peers(bench)),
            rounds=bench.rounds,
            inputs=[bench.session, folder],
            at_least=AT_LEAST,
        )


def loader(worker: Worker, bench: Bench, target: Path, *, name: str = "ours") -> Entrant:
    """Start a portal that contains the session as "talk"."""
    return Entrant(
        name=name,
        prepare=partial(peers.empty, target),
        run=partial(worker.do, "load", "talk", target),
        check=partial(peers.check_folder, target, bench.session),
    )


def _peers(bench: Bench) -> Iterator[Entrant]:
    folder = bench.folder / "load"
    yield from peers.copies(bench.session, folder / "cp")
    for backup in peers.backups(folder):
        backup.reset()
        backup.save(bench.session)
        target = folder / f"{backup.name}-restored"
        yield Entrant(
            name=backup.name,
            prepare=partial(peers.empty, target),
            run=partial(backup.load, target),
            check=partial(peers.check_folder, target, bench.session),
        )
