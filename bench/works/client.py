"""The client and a portal on one machine: a folder is saved over HTTP and loaded back, beside programs that copy files.

`dubs`, rclone and curl are timed as whole processes; what takes milliseconds is timed inside of a client that runs already, as `dubs watch` does.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bench import peers, rclone
from bench.contest import Bench, Entrant, Row, contest
from bench.dubs import Client, Portal, running
from bench.session import change, files_of

GROUP = "client"
MIB = 1024 * 1024
SMALL_COUNT = 5_000
SMALL_SIZE = 20_000
CHANGED_COUNTS = (1, 500, 5_000)


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "client"
    with running(folder) as (portal, client):
        yield from _first_save(bench, portal, client, folder)
        yield from _unchanged(bench, portal, client)
        yield from _load(bench, portal, client, folder)
        yield from _memory(bench, portal, client, folder)
        small = folder / "small"
        _make_small(small, 0, SMALL_COUNT * _scale(bench) // 100)
        yield from _packs(bench, portal, client, small)
        yield from _requests(bench, portal, client, small)


def _scale(bench: Bench) -> int:
    """Per cent of the usual session that this one is: tests make a short one."""
    return max(1, min(100, sum(file.stat().st_size for file in files_of(bench.session)) // 4_870_000))


# -- Whole sessions ----------------------------------------------------------------------------------------------------


def _first_save(bench: Bench, portal: Portal, client: Client, folder: Path) -> Iterator[Row]:
    ours = Entrant(
        name="ours",
        prepare=partial(_begin_anew, portal, client),
        run=lambda: peers.timed(lambda: client.run("save", bench.session, "--name", "talk")),
        check=partial(portal.worker.do, "check", "talk", bench.session),
    )
    with rclone.serving(folder / "webdav") as server:
        copies = [] if server is None else [_rclone(server, bench)]
        if server is None:
            bench.say("rclone is not installed, so not compared.")
        yield from contest(
            "first save over HTTP",
            ours,
            copies,
            rounds=bench.rounds,
            inputs=[bench.session],
            on_disk=True,
            at_least={rclone.NAME: 1.0},
        )


def _rclone(server: rclone.Server, bench: Bench) -> Entrant:
    return Entrant(
        name=rclone.NAME,
        prepare=server.empty,
        run=partial(server.copy, bench.session),
        check=partial(server.check, bench.session),
    )


def _begin_anew(portal: Portal, client: Client) -> None:
    portal.worker.do("forget", "talk")
    client.forget()


def _unchanged(bench: Bench, portal: Portal, client: Client) -> Iterator[Row]:
    def save_first() -> None:
        _begin_anew(portal, client)
        client.do("save", bench.session, "talk")

    again = Entrant(name="ours", prepare=save_first, run=partial(client.do, "save", bench.session, "talk"))
    first = Entrant(
        name="the first save",
        prepare=partial(_begin_anew, portal, client),
        run=partial(client.do, "save", bench.session, "talk"),
    )
    yield from contest(
        "save of an unchanged folder",
        again,
        [first],
        rounds=bench.rounds,
        inputs=[bench.session],
        at_least={"the first save": 50.0},
    )


def _load(bench: Bench, portal: Portal, client: Client, folder: Path) -> Iterator[Row]:
    _begin_anew(portal, client)
    client.run("save", bench.session, "--name", "talk")
    target = folder / "loaded"
    ours = Entrant(
        name="ours",
        prepare=partial(_empty, target, client),
        run=lambda: peers.timed(lambda: client.run("load", "talk", target, "--layout", "session")),
        check=partial(peers.check_folder, target, bench.session),
    )
    curled = folder / "curled"
    curl = Entrant(
        name="curl, one connection",
        prepare=partial(_empty, curled),
        run=lambda: peers.run("curl", "--config", _urls(portal, curled)),
        check=partial(peers.check_folder, curled, bench.session),
    )
    present = [curl] if shutil.which("curl") else []
    if not present:
        bench.say("curl is not installed, so not compared.")
    yield from contest(
        "load over HTTP",
        ours,
        present,
        rounds=bench.rounds,
        inputs=[bench.session, portal.folder / "storage"],
        at_least={"curl, one connection": 1.0},
    )


def _urls(portal: Portal, target: Path) -> Path:
    """Write what curl is to fetch: the same files, one after the other."""
    code = portal.code_of("talk")
    lines = ["silent", "fail", "create-dirs", f'header = "Authorization: Bearer {portal.token}"']
    for path in portal.worker.do("paths", "talk"):
        lines.append(f'url = "{portal.url}/api/v1/sessions/{code}/versions/1/files/{quote(path)}"')
        lines.append(f'output = "{target / path}"')
    config = target.parent / "curl.config"
    config.write_text("\n".join(lines), encoding="utf-8")
    return config


def _empty(target: Path, client: Client | None = None) -> None:
    peers.remove(target)
    if client is not None:
        client.forget()


def _memory(bench: Bench, portal: Portal, client: Client, folder: Path) -> Iterator[Row]:
    """Peaks of the client's process, after it has saved and loaded a little."""
    little = folder / "little"
    _make_small(little, 0, 3)
    client.do("save", little, "little")
    client.do("load", "little", folder / "little-loaded")
    _begin_anew(portal, client)
    process = client.resident()
    idle = process.now()
    for work, act in (
        ("save", partial(client.do, "save", bench.session, "talk")),
        ("load", partial(client.do, "load", "talk", folder / "measured")),
    ):
        process.forget_peak()
        act()
        yield Row(
            work=f"client: {work}",
            against="peak memory beyond idle",
            value=(process.peak() - idle) / MIB,
            unit="MiB",
            at_most=64.0,
        )
    portal.worker.do("forget", "little")


# -- Many small files --------------------------------------------------------------------------------------------------


def _make_small(folder: Path, first: int, count: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(first, first + count):
        (folder / f"segment_{number:05}.wav").write_bytes(os.urandom(SMALL_SIZE))


def _packs(bench: Bench, portal: Portal, client: Client, small: Path) -> Iterator[Row]:
    def prepare() -> None:
        portal.worker.do("forget", "small")
        client.forget()

    count = len(list(small.iterdir()))
    ours = Entrant(
        name="ours",
        prepare=prepare,
        run=partial(client.do, "save", small, "small"),
        check=partial(portal.worker.do, "check", "small", small),
    )
    one_by_one = Entrant(
        name="one request a file",
        prepare=prepare,
        run=partial(client.do, "save", small, "small", packs=False),
        check=partial(portal.worker.do, "check", "small", small),
    )
    yield from contest(
        f"save of {count:,} files of {SMALL_SIZE // 1000} kB",
        ours,
        [one_by_one],
        rounds=bench.rounds,
        inputs=[small],
        at_least={"one request a file": 5.0},
    )


def _requests(bench: Bench, portal: Portal, client: Client, small: Path) -> Iterator[Row]:
    """What a save asks the portal for, by how many files have changed in a session of thousands."""
    count = len(list(small.iterdir()))
    for changed in sorted({min(changed, count) for changed in CHANGED_COUNTS}):
        _make_small(small, 0, changed)
        before = portal.requests()
        client.do("save", small, "small")
        yield Row(
            work=f"save of {changed:,} changed files of {count:,}",
            against="requests",
            value=portal.requests() - before,
            unit="",
        )
    copy = shutil.copytree(bench.session, small.parent / "again")
    _begin_anew(portal, client)
    client.do("save", copy, "talk")
    (small.parent / "changed").mkdir()
    for path, file in change(bench.session, small.parent / "changed", turn=1).items():
        shutil.copy2(file, copy / path)
    before = portal.requests()
    client.do("save", copy, "talk")
    yield Row(
        work="re-save over HTTP, 1 wav and 1 json",
        against="requests",
        value=portal.requests() - before,
        unit="",
    )
