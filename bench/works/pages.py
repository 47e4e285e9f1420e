"""Pages and lists of a large portal on both databases.

It has 100,000 sessions, 5,000,000 entries and an owner with 20,000 sessions.

The databases are generated once, which takes a few minutes, and stored beside the session of the other works.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.contest import Bench, Row
from bench.page_times import PageTime, measure_operator_pages, measure_pages, set_up
from bench.population.databases import DATABASES, generated_database, get_factor

GROUP = "scale"
REQUESTS, OPERATOR_REQUESTS = 12, 4
"""Requests per page and round."""


def rows(bench: Bench) -> Iterator[Row]:
    for database in DATABASES:
        with (
            generated_database(database, folder=bench.home, factor=get_factor()) as environment,
            ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=set_up, initargs=(environment,)
            ) as portal,
        ):
            count = REQUESTS * bench.rounds
            for time in portal.submit(measure_pages, count).result():
                yield _row(f"page, {database}", time, count)
            count = OPERATOR_REQUESTS * bench.rounds
            for time in portal.submit(measure_operator_pages, count).result():
                yield _row(f"admin, {database}", time, count)


def _row(work: str, time: PageTime, count: int) -> Row:
    return Row(
        work=work,
        against=time.label,
        rounds=count,
        median=time.p50,
        value=time.p95,
        unit="ms",
        at_most=time.at_most,
    )
