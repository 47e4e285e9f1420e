"""Commit of a save, beside that of an earlier version of the portal.

BENCH_BASELINE names a checkout of it; without one there is nothing to compare.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

from bench.contest import Bench, Entrant, Row, contest
from bench.load_portal import get_baseline
from bench.worker import Worker
from tests.services.processes import ROOT

GROUP = "content"
MODULE = "bench.content_data"
SIZES = {100: 20, 1_900: 5}
"""Files of the session, and commits of a turn."""
PREVIOUS = "previous version"
AT_LEAST = {PREVIOUS: 0.95}
MIN_ROUNDS = 9
LANGUAGES = ("hi", "es", "fr", "de", "ja")
CUE = "1\n00:00:01,000 --> 00:00:02,000\nOne line.\n"


def rows(bench: Bench) -> Iterator[Row]:
    baseline = get_baseline()
    if baseline == ROOT:
        bench.report("The commit of a save is compared with that of a checkout, which BENCH_BASELINE names.")
        return
    for files, commits in SIZES.items():
        with ExitStack() as workers:
            entrants = []
            for name, checkout in (("ours", None), (PREVIOUS, baseline)):
                worker = Worker(bench.folder / f"{files} {name}", checkout=checkout)
                workers.callback(worker.__exit__, None, None, None)
                worker.do("set_up", module=MODULE)
                worker.do("save", "talk", dict(_list_files(files)), module=MODULE)
                entrants.append(_entrant(name, worker, commits))
            yield from contest(
                f"commit of {files:,} files",
                entrants[0],
                entrants[1:],
                rounds=max(bench.rounds, MIN_ROUNDS),
                at_least=AT_LEAST,
            )


def _list_files(count: int) -> Iterator[tuple[str, bytes]]:
    for number in range(count):
        tag = LANGUAGES[number % len(LANGUAGES)]
        yield f"audio/{tag}/line_{number:04}.wav", f"line {number}".encode() * 10
    for tag in LANGUAGES:
        yield f"translations/{tag}.srt", CUE.encode()


def _entrant(name: str, worker: Worker, commits: int) -> Entrant:
    turns = count()

    def commit() -> float:
        versions = [
            {"audio/hi/line_0000.wav": f"{name}, take {next(turns)}".encode()} for _ in range(commits)
        ]
        seconds: float = worker.do("commit_again", "talk", versions, module=MODULE)
        return seconds

    return Entrant(name=name, run=commit)
