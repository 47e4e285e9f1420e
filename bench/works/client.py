"""Saves and loads over HTTP on one machine, compared with programs that copy.

`dubs`, rclone and curl are timed as whole processes; short operations are timed in a long-running client, like `dubs watch`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import quote

from bench import peers, rclone
from bench.contest import Bench, Entrant, Row, contest
from bench.dubs import Client, Portal, make_small, reset, running

GROUP = "client"
MIB = 1024 * 1024


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "client"
    with running(folder) as (portal, client):
        yield from _first_save(bench, portal, client, folder)
        yield from _unchanged(bench, portal, client)
        yield from _load(bench, portal, client, folder)
        yield from _memory(bench, portal, folder)


# -- Whole sessions ----------------------------------------------------------------------------------------------------


def _first_save(bench: Bench, portal: Portal, client: Client, folder: Path) -> Iterator[Row]:
    ours = Entrant(
        name="ours",
        prepare=partial(reset, portal, client),
        run=lambda: peers.timed(lambda: client.run("save", bench.session, "--name", "talk")),
        check=partial(portal.worker.do, "check", "talk", bench.session),
    )
    with rclone.serving(folder / "webdav") as server:
        copies = [] if server is None else [_rclone(server, bench)]
        if server is None:
            bench.report("rclone is not installed, so not compared.")
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


def _unchanged(bench: Bench, portal: Portal, client: Client) -> Iterator[Row]:
    def save_first() -> None:
        reset(portal, client)
        client.do("save", bench.session, "talk")

    again = Entrant(name="ours", prepare=save_first, run=partial(client.do, "save", bench.session, "talk"))
    first = Entrant(
        name="the first save",
        prepare=partial(reset, portal, client),
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
    reset(portal, client)
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
        bench.report("curl is not installed, so not compared.")
    started = Entrant(
        name="ours",
        prepare=partial(_empty, target, client),
        run=partial(client.do, "load", "talk", target),
        check=partial(peers.check_folder, target, bench.session),
    )
    for work, entrant in (("load over HTTP", ours), ("load by a running client", started)):
        yield from contest(
            work,
            entrant,
            present,
            rounds=bench.rounds,
            inputs=[bench.session, portal.folder / "storage"],
            at_least={curl.name: 1.0},
        )


def _urls(portal: Portal, target: Path) -> Path:
    """Write curl's configuration: the same files, one after the other."""
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
        client.reset()


def _memory(bench: Bench, portal: Portal, folder: Path) -> Iterator[Row]:
    """Measure the peak memory of another client process, after a small save and load."""
    client = Client(portal, folder / "another-home")
    little = folder / "little"
    make_small(little, 3)
    client.do("save", little, "little")
    client.do("load", "little", folder / "little-loaded")
    reset(portal, client)
    process = client.resident()
    idle = process.now()
    for work, act in (
        ("save", partial(client.do, "save", bench.session, "talk")),
        ("load", partial(client.do, "load", "talk", folder / "measured")),
    ):
        process.reset_peak()
        act()
        yield Row(
            work=f"client: {work}",
            against="peak memory beyond idle",
            value=(process.peak() - idle) / MIB,
            unit="MiB",
            at_most=64.0,
        )
    client.close()
    portal.worker.do("delete_session", "little")
