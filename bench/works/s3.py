"""Exports in an S3 store against streaming: bytes through the worker, and time."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
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
from tests.services import rgw, seaweedfs
from tests.services.s3 import S3Server

Call = Callable[..., Any]
"""Calls a function with arguments in another process."""

GROUP = "zip"
WORK = "export-s3"
OURS, STREAMED = export_key("ours"), export_key("streamed")
LINK = 25_000_000
"""Bytes per second in each direction: 200 Mbit/s."""
LONG = 11
"""Factor of the large session's media length."""
MODIFIED = datetime(2025, 8, 3, 18, 11, 2, tzinfo=UTC)
BLOCK = bytes(1024 * 1024)


def rows(bench: Bench) -> Iterator[Row]:
    store_server = _store_server(bench)
    if store_server is None:
        return
    with ExitStack() as started:
        server = started.enter_context(store_server)
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

        for link, rate, target in (("loopback", None, 1.5), ("25 MB/s", LINK, 7.0)):
            relay.set_rate(rate)
            us = Entrant(
                name="ours",
                run=lambda: ours(s3_exports.export, layout, OURS),
                check=lambda: check(OURS),
            )
            streamed = Entrant(
                name=f"streaming, {link}",
                run=lambda: streaming(s3_exports.stream_through, members, STREAMED),
                check=lambda: check(STREAMED),
            )
            yield from contest(WORK, us, [streamed], rounds=bench.rounds, at_least={streamed.name: target})
        relay.set_rate(None)
        store.delete(STREAMED)
        yield from _measure_traffic(far, relay, layout, most=11)
        yield from _measure_traffic(far, relay, _layout(_long_members(store, members)), most=3)


def _measure_traffic(far: S3Server, relay: Relay, layout: Layout, *, most: float) -> Iterator[Row]:
    """Run one export in its own process; report its traffic and peak memory."""
    with _process(far) as worker:
        relay.reset()
        memory = worker(s3_exports.memory_of_export, layout, OURS)
    which = f"{layout.size / 1e9:.1f} GB"
    for verb, direction in (("sent", relay.sent), ("read", relay.received)):
        share = 100 * direction.bytes / layout.size
        yield Row(work=WORK, against=f"bytes {verb}, {which}", value=share, unit="%", at_most=most)
    yield Row(work=WORK, against=f"memory, {which}", value=memory / 1024**2, unit="MiB", at_most=64)


def _store_server(bench: Bench) -> AbstractContextManager[S3Server] | None:
    """Return Ceph's gateway, else SeaweedFS, or None if neither is installed."""
    missing = rgw.missing_programs()
    if not missing:
        return rgw.running_rgw()
    absent = f"Ceph is not installed ({', '.join(missing)})"
    if not seaweedfs.PROGRAM.exists():
        bench.report(
            f"Exports to S3 are not measured: {absent}, and neither is SeaweedFS, which `make test` installs."
        )
        return None
    bench.report(f"Exports to S3 are measured on SeaweedFS: {absent}.")
    return seaweedfs.running_seaweedfs()


@contextmanager
def _process(server: S3Server) -> Iterator[Call]:
    """Start a process that uses the store; yield a caller of its functions."""
    context = get_context("spawn")
    with ProcessPoolExecutor(
        1, mp_context=context, initializer=s3_exports.open_place, initargs=(server,)
    ) as process:
        process.submit(s3_exports.is_open).result()
        yield lambda function, *arguments: process.submit(function, *arguments).result()


def _put(store: S3Store, name: str, chunks: Callable[[], Iterable[bytes]]) -> BlobMember:
    """Store a blob and return it as a member.

    Each ``chunks()`` starts at the first byte.
    """
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
    expected = {member.name: member.crc32 for member in members}
    assert found.items() >= expected.items(), f"{key} does not contain the session's files."


def _put_file(store: S3Store, folder: Path, file: Path) -> BlobMember:
    return _put(store, file.relative_to(folder).as_posix(), partial(_chunks_of_file, file))


def _chunks_of_file(file: Path) -> Iterator[bytes]:
    with file.open("rb") as source:
        while chunk := source.read(len(BLOCK)):
            yield chunk


def _long_members(store: S3Store, members: Sequence[BlobMember]) -> list[BlobMember]:
    """Return the session with longer media of zeros.

    Files of similar sizes share a blob, to save space.
    """
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
    """Plan the ZIP as an export does.

    Texts come first, then the order that fills multipart uploads best.
    """
    document = json.dumps({"files": [member.name for member in members]}, indent=2).encode()
    text = TextMember(name="metadata.json", data=document, modified=MODIFIED)
    return plan_archive(interleave_members([text, *members]))
