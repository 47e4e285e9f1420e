"""Ingest of an archive's members (docs/decisions/0012-archive-ingest.md).

Large stored members are hashed in place; after their rows exist, the store makes blobs of their ranges, if that is cheaper
than writing the bytes. Members that probably have a blob already are only hashed, too. Small members are read together with
their neighbors, so that thousands of files cost an object store few requests. All others are streamed through this process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Protocol

from dubbing_core.digests import Digester, compute_digest
from dubbing_core.zips.reader import SEEK_COST, Archive, ArchiveMember
from sessions_app.models import Blob
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.operations.ingest.batches import BATCH_COUNT, BATCH_SIZE, Batch, OnBytes
from sessions_app.operations.ingest.blobs import ingest_blobs
from sessions_app.operations.ingest.rows import pin_for_job
from sessions_app.operations.ingest.sources import ArchiveSource
from sessions_app.operations.jobs.context import JobContext
from sessions_app.storage.staging import SMALL_SIZE, StagedBlob, stage_blob
from sessions_app.storage.store import BlobWriter

SUSPICIOUS_RATIO = 64
"""Members that deflate much better than speech and pictures are measured before they are written. Silence is legitimate, but a
few kilobytes with a false size could fill a disk before they are detected. It is cheap: such data inflates at gigabytes a second."""


class MakeObject(Protocol):
    def __call__(self, key: str, *, on_bytes: OnBytes) -> None:
        """Make the object ``key`` of a member's contents, durably."""


PositionedMember = tuple[int, ArchiveMember]
"""A member with its position in the list to ingest."""


def ingest_members(
    context: JobContext, *, archive: Archive, source: ArchiveSource, members: Sequence[ArchiveMember]
) -> list[Blob]:
    """Store the members; return their blobs in order, pinned until the job ends.

    :param source: the source that the archive was read from.
    :raises ZipError: a member differs from its record in the archive.
    :raises BusyError: garbage collection is deleting one of these blobs and did not finish.
    """
    return ingest_blobs(
        _plan_batches(context, archive, source, members),
        store=context.store,
        pin=pin_for_job(context.job.pk),
        on_bytes=context.advance,
        now=context.clock(),
    )


def _plan_batches(
    context: JobContext, archive: Archive, source: ArchiveSource, members: Sequence[ArchiveMember]
) -> list[Batch]:
    batches = []
    positioned = list(enumerate(members))
    large = [(position, member) for position, member in positioned if _is_large(member)]
    small = [(position, member) for position, member in positioned if not _is_large(member)]
    has_stored = any(member.is_stored for _, member in large)
    ranges = source.ranges(context.store, scratch=context.staging_key("scratch")) if has_stored else None
    likely = _find_likely_blobs([member for _, member in large])
    # The largest first, so that the last thread to finish has little left to do.
    for position, member in sorted(large, key=lambda pair: -pair[1].size):
        if ranges is not None and member.is_stored and ranges.is_cheap(member.data_start):
            make = partial(ranges.extract, start=member.data_start, end=member.data_end)
            staging = partial(_hash, archive, member, make)
        elif (member.size, member.crc32) in likely:
            staging = partial(_hash, archive, member, partial(_write, archive, member, context.store))
        else:
            staging = partial(_stream, archive, member, context.store, context.staging_key(str(position)))
        batches.append(Batch(positions=[position], stage=staging))
    for group in _group_neighbors(sorted(small, key=lambda pair: pair[1].data_start)):
        neighbors = [member for _, member in group]
        batches.append(
            Batch(
                positions=[position for position, _ in group],
                stage=partial(_read_together, archive, neighbors),
            )
        )
    return batches


def _is_large(member: ArchiveMember) -> bool:
    """Return whether a member is too large to be read into memory.

    Small members also wait there for their rows.
    """
    return max(member.size, member.compressed_size) > SMALL_SIZE


def _group_neighbors(members: Sequence[PositionedMember]) -> Iterator[list[PositionedMember]]:
    """Group small members, sorted by position, so that each group is worth one read."""
    group: list[PositionedMember] = []
    size = 0
    for position, member in members:
        size += member.size
        if group and (
            len(group) == BATCH_COUNT
            or size > BATCH_SIZE
            or member.data_end - group[0][1].data_start > BATCH_SIZE
            or member.data_start - group[-1][1].data_end > SEEK_COST
        ):
            yield group
            group, size = [], member.size
        group.append((position, member))
    if group:
        yield group


def _find_likely_blobs(members: Sequence[ArchiveMember]) -> set[tuple[int, int]]:
    """Return sizes and CRC-32 of stored blobs.

    A member with both is likely equal to a blob, so that writing it is avoided.
    """
    likely: set[tuple[int, int]] = set()
    sizes = sorted({member.size for member in members})
    for start in range(0, len(sizes), ROWS_PER_STATEMENT):
        blobs = Blob.objects.filter(
            size__in=sizes[start : start + ROWS_PER_STATEMENT], state=Blob.State.STORED
        )
        likely.update(blobs.values_list("size", "crc32"))
    return likely


def _hash(archive: Archive, member: ArchiveMember, make: MakeObject, on_bytes: OnBytes) -> list[StagedBlob]:
    """Hash a member in place.

    Half of its bytes count as done then, the other half when it is a blob.
    """
    digester = Digester(crc32=member.crc32)
    rest = member.size
    with closing(archive.open(member)) as chunks:
        for chunk in chunks:
            digester.update(chunk)
            rest -= len(chunk) // 2
            on_bytes(len(chunk) // 2)
    return [StagedBlob(digest=digester.digest(), make=partial(_make, make, rest), rest=rest)]


def _make(make: MakeObject, rest: int, key: str, on_bytes: OnBytes) -> None:
    remaining = rest

    def count_half(count: int) -> None:
        nonlocal remaining
        counted = min(count // 2, remaining)
        remaining -= counted
        on_bytes(counted)

    make(key, on_bytes=count_half)
    on_bytes(remaining)


def _write(
    archive: Archive, member: ArchiveMember, store: BlobWriter, key: str, *, on_bytes: OnBytes
) -> None:
    with store.writer(key, size=member.size) as writer, closing(archive.open(member)) as chunks:
        for chunk in chunks:
            on_bytes(writer.write(chunk))


def _stream(
    archive: Archive, member: ArchiveMember, store: BlobWriter, staging_key: str, on_bytes: OnBytes
) -> list[StagedBlob]:
    if member.size > SUSPICIOUS_RATIO * member.compressed_size:
        with closing(archive.open(member)) as chunks:
            for _ in chunks:
                on_bytes(0)
    # Closed at once, not when the error is collected: a connection returns to its pool.
    with closing(archive.open(member)) as chunks:
        staged = stage_blob(
            chunks,
            store=store,
            staging_key=staging_key,
            size=member.size,
            on_bytes=on_bytes,
            crc32=member.crc32,
        )
    return [staged]


def _read_together(archive: Archive, members: Sequence[ArchiveMember], on_bytes: OnBytes) -> list[StagedBlob]:
    staged = []
    for chunks in archive.open_many(members):
        data = b"".join(chunks)
        staged.append(StagedBlob(digest=compute_digest([data]), data=data))
        on_bytes(len(data))
    return staged
