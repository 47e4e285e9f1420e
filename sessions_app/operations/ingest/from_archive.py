"""Makes blobs of an archive's members (docs/decisions/0012-unpacking.md).

What is large and stored in the archive as it is, is hashed where it lies; once it has its row, the store makes the blob of that
range, if that is cheaper than writing the bytes. What there probably is a blob of already is only hashed, too. What is small is
read together with its neighbours, so that thousands of files cost an object store few requests. Everything else streams through here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Protocol

from dubbing_core.digests import Digester, compute_digest
from dubbing_core.zips.reader import SEEK_COST, Archive, ArchiveMember
from sessions_app.models import Blob
from sessions_app.operations.ingest import blobs as intake
from sessions_app.operations.ingest.blobs import PACK_COUNT, PACK_SIZE, OnBytes, Pack
from sessions_app.operations.ingest.sources import ArchiveSource
from sessions_app.operations.jobs.context import JobContext
from sessions_app.storage.ingest import SMALL_SIZE, Staged, stage
from sessions_app.storage.store import BlobWriter

DOUBTFUL_RATIO = 64
"""Contents that deflate so much better than speech and pictures do are measured before they are written: silence is honest, but a
few kilobytes that only say how much they hold could fill a disk before they are found out. It costs little: so much of nothing inflates
at gigabytes a second."""
QUESTIONS = 500
"""Values in a statement; databases limit the variables of one."""


class Making(Protocol):
    def __call__(self, key: str, *, on_bytes: OnBytes) -> None:
        """Make the object ``key`` of a member's contents, durably."""


Placed = tuple[int, ArchiveMember]
"""A member with its place among those that were asked for."""


def unpack_members(
    context: JobContext, *, archive: Archive, source: ArchiveSource, members: Sequence[ArchiveMember]
) -> list[Blob]:
    """Store the members and return their blobs in the same order; the job holds them until it ends.

    :param source: what the archive was read from.
    :raises ZipError: a member is not what the archive says.
    :raises BusyError: garbage collection is deleting one of these very blobs and did not finish.
    """
    return intake.take_in(
        _packs(context, archive, source, members),
        store=context.store,
        keep=intake.pinned(context.job.pk),
        on_bytes=context.advance,
        now=context.clock(),
    )


def _packs(
    context: JobContext, archive: Archive, source: ArchiveSource, members: Sequence[ArchiveMember]
) -> Iterator[Pack]:
    placed = list(enumerate(members))
    large = [(place, member) for place, member in placed if _is_large(member)]
    small = [(place, member) for place, member in placed if not _is_large(member)]
    stored = any(member.is_stored for _, member in large)
    ranges = source.ranges(context.store, scratch=context.staging_key("scratch")) if stored else None
    known = _known([member for _, member in large])
    # The largest first, so that the last thread to finish has little left to do.
    for place, member in sorted(large, key=lambda pair: -pair[1].size):
        if ranges is not None and member.is_stored and ranges.is_cheap(member.data_start):
            make = partial(ranges.make, start=member.data_start, end=member.data_end)
            staging = partial(_hash, archive, member, make)
        elif (member.size, member.crc32) in known:
            staging = partial(_hash, archive, member, partial(_write, archive, member, context.store))
        else:
            staging = partial(_stream, archive, member, context.store, context.staging_key(str(place)))
        yield Pack(places=[place], size=member.size, stage=staging)
    for group in _neighbours(sorted(small, key=lambda pair: pair[1].data_start)):
        together = [member for _, member in group]
        yield Pack(
            places=[place for place, _ in group],
            size=sum(member.size for member in together),
            stage=partial(_read_together, archive, together),
        )


def _is_large(member: ArchiveMember) -> bool:
    """Whether it is too large to wait for its row in memory, or to be read into it."""
    return max(member.size, member.compressed_size) > SMALL_SIZE


def _neighbours(members: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Group small members, given in the order of their data, so that each group is worth one reading."""
    group: list[Placed] = []
    size = 0
    for place, member in members:
        size += member.size
        if group and (
            len(group) == PACK_COUNT
            or size > PACK_SIZE
            or member.data_end - group[0][1].data_start > PACK_SIZE
            or member.data_start - group[-1][1].data_end > SEEK_COST
        ):
            yield group
            group, size = [], member.size
        group.append((place, member))
    if group:
        yield group


def _known(members: Sequence[ArchiveMember]) -> set[tuple[int, int]]:
    """Return sizes and CRC-32 of which there is a blob: that it holds the same bytes is likely, and saves writing them."""
    known: set[tuple[int, int]] = set()
    sizes = sorted({member.size for member in members})
    for start in range(0, len(sizes), QUESTIONS):
        blobs = Blob.objects.filter(size__in=sizes[start : start + QUESTIONS], state=Blob.State.STORED)
        known.update(blobs.values_list("size", "crc32"))
    return known


def _hash(archive: Archive, member: ArchiveMember, make: Making, on_bytes: OnBytes) -> list[Staged]:
    """Hash a member and leave it where it is. Half of its bytes count as done then, the others when it is a blob."""
    digester = Digester(crc32=member.crc32)
    rest = member.size
    with closing(archive.open(member)) as chunks:
        for chunk in chunks:
            digester.update(chunk)
            rest -= len(chunk) // 2
            on_bytes(len(chunk) // 2)
    return [Staged(digest=digester.digest(), make=partial(_make, make, rest), rest=rest)]


def _make(make: Making, rest: int, key: str, on_bytes: OnBytes) -> None:
    left = rest

    def count_half(count: int) -> None:
        nonlocal left
        told = min(count // 2, left)
        left -= told
        on_bytes(told)

    make(key, on_bytes=count_half)
    on_bytes(left)


def _write(
    archive: Archive, member: ArchiveMember, store: BlobWriter, key: str, *, on_bytes: OnBytes
) -> None:
    with store.writer(key, size=member.size) as writer, closing(archive.open(member)) as chunks:
        for chunk in chunks:
            on_bytes(writer.write(chunk))


def _stream(
    archive: Archive, member: ArchiveMember, store: BlobWriter, staging_key: str, on_bytes: OnBytes
) -> list[Staged]:
    if member.size > DOUBTFUL_RATIO * member.compressed_size:
        with closing(archive.open(member)) as chunks:
            for _ in chunks:
                on_bytes(0)
    with closing(archive.open(member)) as chunks:  # a connection goes back at once, whoever keeps the error
        staged = stage(
            chunks,
            store=store,
            staging_key=staging_key,
            size=member.size,
            on_bytes=on_bytes,
            crc32=member.crc32,
        )
    return [staged]


def _read_together(archive: Archive, members: Sequence[ArchiveMember], on_bytes: OnBytes) -> list[Staged]:
    staged = []
    for chunks in archive.open_many(members):
        data = b"".join(chunks)
        staged.append(Staged(digest=compute_digest([data]), data=data))
        on_bytes(len(data))
    return staged
