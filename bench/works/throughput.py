"""Pages of 50 users and saves, beside the previous web server's figures.

BENCH_BASELINE names a checkout of an earlier version, which the previous configuration runs on data of its own; without it, both run
this version on the same data.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from bench.contest import Bench, Row
from bench.http_users import Latencies, Target, browse, save
from bench.load_portal import CURRENT, PREVIOUS, STACKS, LoadPortal, get_baseline, running_load_portal
from tests.services.processes import ROOT

GROUP = "load"
WORK = "throughput"
ACCOUNTS = 10
USERS = 50
SAVERS = 4
SECONDS = 15.0
EXPORT_SIZE, IMPORT_SIZE = 2 * 10**9, 10**9
"""Bytes of the jobs that run at the same time, of media ten times as long as the benchmark's."""
JOB_SECONDS = 30.0
"""Time of pages beside jobs, which are repeated as often as they end."""
TIMEOUT = 240
"""Seconds after which jobs that have not finished count as failed."""


Side = tuple[LoadPortal, int]
"""A portal and the port of its web server."""


def rows(bench: Bench) -> Iterator[Row]:
    for stack in STACKS:
        with (
            ProcessPoolExecutor(2, mp_context=get_context("spawn")) as clients,
            _running_portal(stack, bench.folder / stack) as portal,
            ExitStack() as services,
        ):
            earlier = services.enter_context(_earlier_portal(bench, portal))
            previous = services.enter_context(earlier.serve(PREVIOUS))
            ours = services.enter_context(portal.serve(CURRENT))
            sides = [(portal, ours), (earlier, previous)]
            yield from _compare_pages(bench, clients, sides)
            yield from _compare_saves(bench, clients, sides)
            yield from _measure_beside_jobs(bench, portal, clients, ours)


def _running_portal(stack: str, folder: Path, *, checkout: Path = ROOT) -> AbstractContextManager[LoadPortal]:
    return running_load_portal(stack, folder, users=ACCOUNTS, uploads=0, sessions=12, checkout=checkout)


@contextmanager
def _earlier_portal(bench: Bench, portal: LoadPortal) -> Iterator[LoadPortal]:
    """Start a portal of the baseline's version; without one, use ``portal`` for both."""
    checkout = get_baseline()
    if checkout == ROOT:
        yield portal
        return
    folder = bench.folder / f"{portal.stack}-earlier"
    with _running_portal(portal.stack, folder, checkout=checkout) as earlier:
        yield earlier


def _compare_pages(bench: Bench, clients: ProcessPoolExecutor, sides: Sequence[Side]) -> Iterator[Row]:
    portal = sides[0][0]
    found = _take_turns(bench, clients, [_pages(*side) for side in sides], browse)
    us, them = found
    is_older = get_baseline() != ROOT
    name = "previous version" if is_older else "16 threads x 1 process"
    yield Row(
        work=WORK,
        against=f"{portal.stack}, {name}",
        ratio=median(a.per_second / b.per_second for a, b in zip(us, them, strict=True)),
        rounds=bench.rounds,
        ours_s=median(1 / each.per_second for each in us),
        peer_s=median(1 / each.per_second for each in them),
        at_least=2 if is_older else None,
    )
    for who, results in (("ours", us), ("previous", them)):
        limit = 1500 if who == "ours" else None
        yield _value(portal, f"{who}, pages", median(each.per_second for each in results), "/s")
        yield _value(portal, f"{who}, p50", median(each.percentile(0.5) for each in results), "ms")
        yield _value(portal, f"{who}, p95", median(each.percentile(0.95) for each in results), "ms")
        yield _value(portal, f"{who}, p99", median(each.percentile(0.99) for each in results), "ms", limit)
    yield _errors(bench, portal, "pages", us)


def _compare_saves(bench: Bench, clients: ProcessPoolExecutor, sides: Sequence[Side]) -> Iterator[Row]:
    """Measure saves of four users in closed loops.

    Ten users request pages beside them; then there are none.
    """
    portal = sides[0][0]
    found: list[list[Latencies]] = [[], []]
    alone = []
    for _ in range(bench.rounds):
        for place, side in enumerate(sides):
            pages = clients.submit(browse, _pages(*side)[:ACCOUNTS], seconds=SECONDS)
            found[place].append(clients.submit(save, _saves(*side), seconds=SECONDS).result())
            pages.result()
        alone.append(clients.submit(save, _saves(*sides[0]), seconds=SECONDS / 3).result())
    us, them = found
    yield Row(
        work=WORK,
        against=f"{portal.stack}, median save",
        ratio=median(b.percentile(0.5) / a.percentile(0.5) for a, b in zip(us, them, strict=True)),
        rounds=bench.rounds,
        ours_s=median(each.percentile(0.5) for each in us) / 1000,
        peer_s=median(each.percentile(0.5) for each in them) / 1000,
        at_least=1 if get_baseline() != ROOT else None,
    )
    for who, results in (("ours", us), ("ours, alone", alone), ("previous", them)):
        in_web = median(median(each.in_requests or [0.0]) for each in results)
        yield _value(portal, f"{who}, median save", median(each.percentile(0.5) for each in results), "ms")
        yield _value(portal, f"{who}, of it in web requests", 1000 * in_web, "ms")
    yield _errors(bench, portal, "saves", us)


def _measure_beside_jobs(
    bench: Bench, portal: LoadPortal, clients: ProcessPoolExecutor, ours: int
) -> Iterator[Row]:
    folder = bench.folder / portal.stack / "heavy"
    folder.mkdir()
    portal.do("create_heavy_work", str(folder), export_size=EXPORT_SIZE, import_size=IMPORT_SIZE)
    browsing = clients.submit(browse, _pages(portal, ours), seconds=JOB_SECONDS)
    failed: list[str] = []
    count = 0
    start = time.monotonic()
    while not browsing.done() and not failed:
        failed = portal.do("do_heavy_work", str(folder), timeout=TIMEOUT)
        count += 1
    taken = (time.monotonic() - start) / count
    found = [browsing.result()]
    for state in failed:
        bench.report(state)
    _remove(folder)
    yield _value(portal, "during jobs, p50", median(each.percentile(0.5) for each in found), "ms")
    yield _value(portal, "during jobs, p99", median(each.percentile(0.99) for each in found), "ms")
    yield _value(portal, "an export and an import", taken, "s")
    yield _value(portal, "jobs that failed", len(failed), "jobs", 0)
    yield _errors(bench, portal, "during jobs", found)


def _take_turns(
    bench: Bench, clients: ProcessPoolExecutor, sides: Sequence[list[Target]], act: object
) -> list[list[Latencies]]:
    assert callable(act)
    found: list[list[Latencies]] = [[] for _ in sides]
    for targets in sides:
        clients.submit(act, targets[:4], seconds=3.0).result()  # warm-up
    for number in range(bench.rounds):
        for place, targets in enumerate(sides):
            found[place].append(clients.submit(act, targets, seconds=SECONDS, seed=number).result())
    return found


def _pages(portal: LoadPortal, port: int) -> list[Target]:
    return [
        Target(port=port, headers={"Cookie": user.cookie}, paths=user.paths)
        for user in (portal.users * (USERS // ACCOUNTS))[:USERS]
    ]


def _saves(portal: LoadPortal, port: int) -> list[Target]:
    return [
        Target(port=port, headers={"Authorization": f"Bearer {user.token}"}, paths=(user.session,))
        for user in portal.users[:SAVERS]
    ]


def _value(portal: LoadPortal, label: str, value: float, unit: str, at_most: float | None = None) -> Row:
    return Row(work=WORK, against=f"{portal.stack}, {label}", value=value, unit=unit, at_most=at_most)


def _errors(bench: Bench, portal: LoadPortal, label: str, found: Sequence[Latencies]) -> Row:
    errors = [error for each in found for error in each.errors]
    for error in errors[:3]:
        bench.report(error)
    return _value(portal, f"{label}, failed", len(errors), "requests", 0)


def _remove(folder: Path) -> None:
    for file in folder.iterdir():
        file.unlink()
