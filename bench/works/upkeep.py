"""Garbage collection and reconciliation in a large portal."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from statistics import median, quantiles

from bench.contest import Bench, Row
from bench.page_times import measure_lists, set_up
from bench.population.databases import DATABASES, SQLITE, generated_database, get_factor
from tests.services.valkey import running_valkey

GROUP = "scale"
BLOBS, WAITING_JOBS = 10_000, 5_000
REQUESTS = 10
"""Requests per page at a time."""
MIB = 1024 * 1024


def rows(bench: Bench) -> Iterator[Row]:
    for database in DATABASES:
        # Blobs are stored in the folder of the copy, or with PostgreSQL in the work's own.
        with (
            running_valkey() as valkey,
            generated_database(database, folder=bench.home, factor=get_factor(), is_changed=True) as settings,
        ):
            environment = {**settings, "REDIS_URL": valkey.url}
            if database != SQLITE:
                environment["DATA_DIR"] = str(bench.folder / "data")
            with _process(environment) as worker, _process(environment) as web:
                yield from _collect(database, worker, web)
                times = worker.submit(_reconcile, WAITING_JOBS, bench.rounds).result()
                yield Row(
                    work=f"reconcile, {database}",
                    against=f"{WAITING_JOBS:,} waiting jobs",
                    rounds=bench.rounds,
                    value=max(times),
                    median=median(times),
                    unit="s",
                    at_most=2,
                )


def _collect(database: str, worker: ProcessPoolExecutor, web: ProcessPoolExecutor) -> Iterator[Row]:
    worker.submit(_write_session, BLOBS).result()
    web.submit(measure_lists, 1).result()
    before = web.submit(measure_lists, 4 * REQUESTS).result()
    running, during = worker.submit(_delete_session, BLOBS), []
    while not running.done():
        during += web.submit(measure_lists, REQUESTS).result()
    times, work = running.result(), f"garbage, {database}"
    yield Row(work=work, against=f"purge of {BLOBS:,} files", value=times["purge"], unit="s")
    yield Row(work=work, against=f"check of {BLOBS:,} blobs", value=times["check"], unit="s")
    collection = times["check"] + times["deletion"]
    yield Row(work=work, against=f"{BLOBS:,} blobs collected", value=collection, unit="s", at_most=20)
    yield Row(work=work, against="memory", value=times["memory"] / MIB, unit="MiB", at_most=32)
    quiet, busy = _percentile(before), _percentile(during)
    yield Row(work=work, against="pages, nothing else runs", value=quiet, median=median(before), unit="ms")
    yield Row(
        work=work,
        against="pages in the meantime",
        value=busy,
        median=median(during),
        unit="ms",
        at_most=2 * quiet,
    )


def _percentile(times: list[float]) -> float:
    return quantiles(times, n=100, method="inclusive")[94]


@contextmanager
def _process(environment: dict[str, str]) -> Iterator[ProcessPoolExecutor]:
    with ProcessPoolExecutor(
        1, mp_context=get_context("spawn"), initializer=set_up, initargs=(environment,)
    ) as pool:
        yield pool


# Functions of the processes: their module is imported after the set-up.


def _write_session(count: int) -> None:
    from bench.upkeep import write_session  # noqa: PLC0415 (after django.setup)

    write_session(count)


def _delete_session(count: int) -> dict[str, float]:
    from bench.upkeep import delete_session  # noqa: PLC0415 (after django.setup)

    return delete_session(count)


def _reconcile(count: int, rounds: int) -> list[float]:
    from bench.upkeep import reconcile  # noqa: PLC0415 (after django.setup)

    return reconcile(count, rounds)
