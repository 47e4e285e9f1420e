"""Saves after a change of one WAV and one JSON of 23 files.

Only the changed files should be transferred.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from itertools import count

from bench import peers
from bench.contest import Bench, Entrant, Row, contest
from bench.session import change
from bench.worker import Worker

GROUP = "zip"
ALSO_IN = "load"
AT_LEAST = {peers.SEED: 10.0}


class Changes:
    """A working copy in which two files get new contents before every turn."""

    def __init__(self, bench: Bench, name: str) -> None:
        self._bench = bench
        self._turns = count(1)
        self._takes = bench.folder / "resave" / f"{name}-takes"
        self._takes.mkdir(parents=True)
        self.folder = bench.folder / "resave" / name
        shutil.copytree(bench.session, self.folder)
        self.changed = change(bench.session, self._takes, turn=0)

    def make(self) -> None:
        self.changed = change(self._bench.session, self._takes, turn=next(self._turns))
        for path, file in self.changed.items():
            shutil.copy2(file, self.folder / path)


def rows(bench: Bench) -> Iterator[Row]:
    for work, in_memory in (("re-save", False), ("re-save, in memory", True)):
        folder = bench.folder / "resave"
        with Worker(folder / "portal", in_memory=in_memory) as worker:
            worker.do("save", "talk", bench.session)
            yield from contest(
                work,
                _ours(worker, Changes(bench, "ours")),
                list(_peers(bench)),
                rounds=bench.rounds,
                at_least=AT_LEAST,
                inputs=[folder],
                on_disk=not in_memory,
            )
        peers.remove(folder)


def _ours(worker: Worker, changes: Changes) -> Entrant:
    return Entrant(
        name="ours",
        prepare=changes.make,
        run=lambda: worker.do("save_again", "talk", changes.changed),
        check=lambda: worker.do("check", "talk", changes.folder),
    )


def _peers(bench: Bench) -> Iterator[Entrant]:
    folder = bench.folder / "resave"
    changes = Changes(bench, "seed")
    copy = folder / "seed-saved"
    peers.seed_copy(bench.session, copy)
    yield Entrant(
        name=peers.SEED,
        prepare=changes.make,
        run=lambda: peers.timed(lambda: peers.seed_copy(changes.folder, copy)),
        check=partial(peers.check_folder, copy, changes.folder),
    )
    for backup in peers.backups(folder):
        source = Changes(bench, f"{backup.name}-source")
        backup.reset()
        backup.save(source.folder)
        yield Entrant(name=backup.name, prepare=source.make, run=partial(backup.save, source.folder))
