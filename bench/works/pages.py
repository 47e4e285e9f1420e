"""Pages of a large portal on both databases.

It has 100,000 sessions, 5,000,000 entries and an owner with 20,000 sessions.

The databases are generated once, which takes a few minutes, and stored beside the session of the other works.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.contest import Bench, Row
from bench.page_times import measure_pages, set_up
from bench.population.databases import DATABASES, generated_database

GROUP = "scale"
REQUESTS = 12
"""Requests per page and round."""


def rows(bench: Bench) -> Iterator[Row]:
    for database in DATABASES:
        with (
            generated_database(database, folder=bench.home, factor=factor()) as environment,
            ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=set_up, initargs=(environment,)
            ) as portal,
        ):
            for time in portal.submit(measure_pages, REQUESTS * bench.rounds).result():
                yield Row(
                    work=f"page, {database}",
                    against=time.label,
                    rounds=REQUESTS * bench.rounds,
                    median=time.p50,
                    value=time.p95,
                    unit="ms",
                    at_most=time.at_most,
                )


def factor() -> float:
    """Return the part of the full size that the generated portal has.

    ``BENCH_SCALE=0.01`` tries the bench quickly.
    """
    return float(os.environ.get("BENCH_SCALE", "1"))
