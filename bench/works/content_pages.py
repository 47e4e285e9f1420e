"""Pages that show contents: the list of sessions with bars, and long transcripts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contest import Bench, Row
from bench.worker import Worker
from tests.services.valkey import running_valkey

GROUP = "content"
MODULE = "bench.content_data"
SESSIONS = 25
LINES = 10_000
TRACKS = {"transcriptions/en.srt": "source", "translations/hi.srt": "hi", "translations/zh.srt": "zh"}
TRANSCRIPT_LIMIT = 1.0
"""CPU seconds of a page of the transcript."""


def rows(bench: Bench) -> Iterator[Row]:
    with _running_portal(bench.folder / "portal") as worker:
        without_bars = _count_queries(worker, "notes", {"notes.txt": b"No language"})
        yield Row(
            work=f"list of {SESSIONS} sessions",
            against="with bars",
            value=_count_queries(worker, "episode", dict(_list_files(48))),
            unit="queries",
            at_most=without_bars,
        )
        worker.do("save", "long", dict(_list_files(LINES)), module=MODULE)
        seconds = worker.do(
            "measure_transcript", "long", shown=",".join(TRACKS.values()), rounds=bench.rounds, module=MODULE
        )
        yield Row(
            work="transcript page",
            against=f"{len(TRACKS)} x {LINES:,} lines",
            value=seconds,
            unit="CPU s",
            at_most=TRANSCRIPT_LIMIT,
        )


@contextmanager
def _running_portal(folder: Path) -> Iterator[Worker]:
    with running_valkey() as valkey:
        worker = Worker(folder, REDIS_URL=valkey.url)
        try:
            worker.do("set_up", module=MODULE)
            yield worker
        finally:
            worker.__exit__(None, None, None)


def _count_queries(worker: Worker, name: str, files: dict[str, bytes]) -> int:
    """Save sessions with these files; return the number of queries of their list."""
    for number in range(SESSIONS):
        worker.do("save", f"{name} {number}", files, module=MODULE)
    queries: int = worker.do("count_queries", "/sessions/", module=MODULE)
    return queries


def _list_files(lines: int) -> Iterator[tuple[str, bytes]]:
    for path, name in TRACKS.items():
        cues = (
            f"{number + 1}\n{_clock(number)},000 --> {_clock(number)},900\nLine {number} in {name}, 今天我们来看河流\n"
            for number in range(lines)
        )
        yield path, "\n".join(cues).encode()


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
