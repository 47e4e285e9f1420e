"""Pages while slow, silent and stalled clients are connected."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from bench.contest import Bench, Row
from bench.http_users import Target, visit
from bench.load_portal import CURRENT, STACKS, LoadPortal, running_load_portal
from bench.load_user import SLOW_SIZE
from bench.slow_clients import Plan, SlowClients, SlowUpload

GROUP = "load"
WORK = "slow"
USERS = 10
EACH = 10
"""Uploads and downloads of each user: 100 together."""
IDLE, HALF_HEADS = 500, 100
SECONDS = 15.0
FILL_TIME = 8.0
"""Seconds in which 100 downloads that begin at once fill their buffers."""
LIMIT = 300
"""Milliseconds of a page at the 95th percentile."""


def rows(bench: Bench) -> Iterator[Row]:
    for stack in STACKS:
        with (
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as client,
            running_load_portal(
                stack, bench.folder / stack, users=USERS, uploads=2 * EACH, sessions=8
            ) as portal,
        ):
            yield from _measure(bench, portal, client)


def _measure(bench: Bench, portal: LoadPortal, client: ProcessPoolExecutor) -> Iterator[Row]:
    for name in ("no one", "idle", "half heads", "uploads", "downloads", "all of them"):
        # A new server for each: what the last situation left is not measured.
        with portal.serve(CURRENT) as port:
            targets = [
                Target(port=port, headers={"Cookie": user.cookie}, paths=user.paths)
                for user in portal.users[:4]
            ]
            client.submit(visit, targets, seconds=3.0).result()
            with SlowClients(_plan(portal, port, name)) as slow:
                time.sleep(FILL_TIME)
                pages = client.submit(visit, targets, seconds=SECONDS).result()
                if refused := slow.report().responses:
                    bench.report(f"Slow clients received: {dict(refused)}")
        for error in pages.errors[:3]:
            bench.report(error)
        label = f"{portal.stack}, {name}"
        count = len(pages.seconds)
        yield Row(work=WORK, against=f"{label}, p50", rounds=count, value=pages.percentile(0.5), unit="ms")
        yield Row(
            work=WORK,
            against=f"{label}, p95",
            rounds=count,
            value=pages.percentile(0.95),
            unit="ms",
            at_most=LIMIT,
        )
        yield Row(work=WORK, against=f"{label}, failed", value=len(pages.errors), unit="pages", at_most=0)


def _plan(portal: LoadPortal, port: int, name: str) -> Plan:
    everything = name == "all of them"
    return Plan(
        port=port,
        idle=IDLE if everything or name == "idle" else 0,
        half_heads=HALF_HEADS if everything or name == "half heads" else 0,
        uploads=_uploads(portal, port, second=everything) if everything or name == "uploads" else (),
        downloads=_downloads(portal, port) if everything or name == "downloads" else (),
    )


def _uploads(portal: LoadPortal, port: int, *, second: bool) -> list[SlowUpload]:
    return [
        SlowUpload(
            head=_head(
                f"PUT {path}",
                Host=f"127.0.0.1:{port}",
                Authorization=f"Bearer {user.token}",
                **{"Content-Type": "application/octet-stream", "Content-Length": str(SLOW_SIZE)},
            ),
            size=SLOW_SIZE,
        )
        for user in portal.users
        for path in (user.uploads[EACH:] if second else user.uploads[:EACH])
    ]


def _downloads(portal: LoadPortal, port: int) -> list[bytes]:
    heads = [
        _head(f"GET {user.archive}", Host=f"127.0.0.1:{port}", Cookie=user.cookie) for user in portal.users
    ]
    return heads * EACH


def _head(line: str, **headers: str) -> bytes:
    lines = [f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode()
