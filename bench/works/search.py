"""Search over a million lines of dialog on both databases.

The users may see a fifth and a hundredth of them.

A search is all that its page does, from the words to what is shown of the first sessions, without the page's HTML. The databases are
generated once, which takes a few minutes each, and stored beside the session of the other works.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from statistics import quantiles
from time import perf_counter
from typing import Any

from bench.contest import Bench, Row
from bench.page_times import set_up
from bench.population.databases import DATABASES, POSTGRESQL, SQLITE, generated_database, get_factor
from bench.population.texts import LINES, OWNERS, REVISION, SYLLABLES, list_queries

GROUP = "content"
MODULE = "bench.population.texts"
LIMITS = {SQLITE: 10, POSTGRESQL: 50}
"""Of the 95th percentile in milliseconds."""
SAMPLE = 5000
"""Lines of each language from which the words of the queries come."""


@dataclass(frozen=True, kw_only=True)
class SearchTimes:
    user: str
    count: int
    found: int
    """Searches with a result."""
    p50: float
    """In milliseconds, as p95."""
    p95: float


def rows(bench: Bench) -> Iterator[Row]:
    for database in DATABASES:
        with (
            generated_database(
                database, folder=bench.home, factor=get_factor(), module=MODULE, revision=REVISION
            ) as environment,
            ProcessPoolExecutor(
                1, mp_context=get_context("spawn"), initializer=set_up, initargs=(environment,)
            ) as portal,
        ):
            for times in portal.submit(measure_searches).result():
                yield Row(
                    work=f"search, {database}",
                    against=f"owner of {OWNERS[times.user]:.0%}, {times.found} found",
                    rounds=times.count,
                    median=times.p50,
                    value=times.p95,
                    unit="ms",
                    at_most=LIMITS[database],
                )


def measure_searches() -> list[SearchTimes]:
    """Search once for each query as each user."""
    from django.contrib.auth.models import User  # noqa: PLC0415 (after django.setup)

    from sessions_app.models import BlobTimeline  # noqa: PLC0415 (as above)

    texts = {}
    for tag in SYLLABLES:
        timelines = BlobTimeline.objects.filter(blob__entries__language=tag).order_by("blob")
        texts[tag] = [
            segment.text
            for timeline in timelines[: SAMPLE // LINES]
            for track in timeline.get_tracks()
            for segment in track.segments
        ]
    queries = list_queries(texts)
    return [_measure(User.objects.get(username=user), queries) for user in OWNERS]


def _measure(user: Any, queries: list[str]) -> SearchTimes:
    from sessions_app.queries.search import TextSearch  # noqa: PLC0415 (after django.setup)
    from sessions_app.queries.search_results import describe_results  # noqa: PLC0415 (as above)
    from sessions_app.views.search import SESSIONS_PER_PAGE  # noqa: PLC0415 (as above)

    times, found = [], 0
    for query in [*queries[:5], *queries]:
        start = perf_counter()
        search = TextSearch(user, query)
        results = describe_results(search, search.get_page(size=SESSIONS_PER_PAGE).items)
        times.append(1000 * (perf_counter() - start))
        found += bool(results)
    times = times[5:]
    percent = quantiles(times, n=100, method="inclusive")
    return SearchTimes(user=user.username, count=len(times), found=found, p50=percent[49], p95=percent[94])
