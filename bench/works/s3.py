"""An export whose files lie in an S3 store: how little of it passes through the worker, and how much sooner it is there."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench import s3_exports
from bench.contest import Bench, Entrant, Row, contest
from bench.relay import Relay, relayed
from dubbing_core.digests import compute_digest
from dubbing_core.zips.layout import BlobMember, Layout, TextMember, plan_archive
from dubbing_core.zips.multipart import interleave_members
from sessions_app.storage.keys import blob_key, export_key
from sessions_app.storage.s3 import S3Store
from tests.services import rgw
from tests.services.s3 import S3Server
from tests.services.swift import running_swift

Ask = Callable[..., Any]
"""Calls a function with arguments in another process."""

GROUP = "zip"
WORK = "export-s3"
OURS, STREAMED = export_key("ours"), export_key("streamed")
LINK = 25_000_000
"""Bytes a second each way: 200 Mbit/s."""
LONG = 11
"""How many times as long the media of the large session are."""
MODIFIED = datetime(2025, 8, 3, 18, 11, 2, tzinfo=UTC)
BLOCK = bytes(1024 * 1024)


def rows(bench: Bench) -> Iterator[Row]:
    starting = _store(bench)
    if starting is None:
        return
    with ExitStack() as started:
        server = started.enter_context(starting)
        relay = started.enter_context(relayed(server.endpoint_url))
        store = s3_exports.store_at(server)
        files = [file for file in sorted(bench.session.rglob("*")) if file.is_file()]
        members = [_put_file(store, bench.session, file) for file in files]
        far = replace(server, endpoint_url=relay.url)
        ours = started.enter_context(_process(far))
        streaming = started.enter_context(_process(far))
        layout = _layout(members)

        def check(key: str) -> None:
            _check(store, key, bench.folder / "exported.zip", members)

        for link, rate, wanted in (("loopback", None, 1.5), ("25 MB/s", LINK, 7.0)):
            relay.set_rate(rate)
            us = Entrant(
                name="ours",
                run=lambda: ours(s3_exports.export, layout, OURS),
                check=lambda: check(OURS),
            )
            them = Entrant(
                name=f"streaming, {link}",
                run=lambda: streaming(s3_exports.stream_through, members, STREAMED),
                check=lambda: check(STREAMED),
            )
            yield from contest(WORK, us, [them], rounds=bench.rounds, at_least={them.name: wanted})
        relay.set_rate(None)
        store.delete(STREAMED)
        yield from _passed(far, relay, layout, most=11)
        yield from _passed(far, relay, _layout(_long_members(store, members)), most=3)


def _passed(far: S3Server, relay: Relay, layout: Layout, *, most: float) -> Iterator[Row]:
    """Make one export in a process of its own, and tell what passed through it and what it held in memory."""
    with _process(far) as worker:
        relay.forget()
        memory = worker(s3_exports.memory_of_export, layout, OURS)
    which = f"{layout.size / 1e9:.1f} GB"
    for way, direction in (("sent", relay.sent), ("read", relay.received)):
        share = 100 * direction.bytes / layout.size
        yield Row(work=WORK, against=f"bytes {way}, {which}", value=share, unit="%", at_most=most)
    yield Row(work=WORK, against=f"memory, {which}", value=memory / 1024**2, unit="MiB", at_most=64)


def _store(bench: Bench) -> AbstractContextManager[S3Server] | None:
    """Choose Ceph's gateway; Swift where Ceph is not installed; nothing where that is not there either."""
    missing = rgw.missing_programs()
    if not missing:
        return rgw.running_rgw()
    absent = f"Ceph is not installed ({', '.join(missing)})"
    if find_spec("swift") is None:
        bench.say(
            f"Exports to S3 are not measured: {absent}, and neither is Swift, which `make test` brings."
        )
        return None
    bench.say(f"Exports to S3 are measured on Swift: {absent}.")
    return running_swift()


@contextmanager
def _process(server: S3Server) -> Iterator[Ask]:
    """Start a process that reaches the store as the server says, and give a way to have functions called there."""
    spawning = get_context("spawn")
    with ProcessPoolExecutor(
        1, mp_context=spawning, initializer=s3_exports.open_place, initargs=(server,)
    ) as process:
        process.submit(s3_exports.is_open).result()
        yield lambda function, *arguments: process.submit(function, *arguments).result()


def _put(store: S3Store, name: str, chunks: Callable[[], Iterable[bytes]]) -> BlobMember:
    """Store a blob and return it as a member; ``chunks()`` begins anew each time."""
    digest = compute_digest(chunks())
    with store.writer(blob_key(digest.sha256), size=digest.size) as writer:
        for chunk in chunks():
            writer.write(chunk)
    return BlobMember(
        name=name, sha256=digest.sha256, size=digest.size, crc32=digest.crc32, modified=MODIFIED
    )


def _check(store: S3Store, key: str, file: Path, members: Sequence[BlobMember]) -> None:
    """Read the whole archive and compare names and CRC-32s."""
    with file.open("wb") as target:
        for chunk in store.read(key, 0, store.size(key)):
            target.write(chunk)
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None
        found = {each.filename: each.CRC for each in archive.infolist()}
    file.unlink()
    wanted = {member.name: member.crc32 for member in members}
    assert found.items() >= wanted.items(), f"{key} does not hold the session's files."


def _put_file(store: S3Store, folder: Path, file: Path) -> BlobMember:
    return _put(store, file.relative_to(folder).as_posix(), partial(_chunks_of_file, file))


def _chunks_of_file(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(len(BLOCK)):
            yield chunk


def _long_members(store: S3Store, members: Sequence[BlobMember]) -> list[BlobMember]:
    """The same session with longer media, of zeros: files of about one size share a blob, so that the store need not hold them all."""
    blobs: dict[int, BlobMember] = {}
    long = []
    for member in members:
        unit = 10 ** (len(str(member.size)) - 1)
        size = round(member.size / unit) * unit * LONG
        if size not in blobs:
            blobs[size] = _put(store, "", partial(_zeros, size))
        long.append(replace(blobs[size], name=member.name))
    return long


def _zeros(size: int) -> Iterator[bytes]:
    for start in range(0, size, len(BLOCK)):
        yield BLOCK[: size - start]


def _layout(members: Sequence[BlobMember]) -> Layout:
    """Plan the ZIP as an export does: texts first, then in the order that fills the parts."""
    document = json.dumps({"files": [member.name for member in members]}, indent=2).encode()
    text = TextMember(name="metadata.json", data=document, modified=MODIFIED)
    return plan_archive(interleave_members([text, *members]))
