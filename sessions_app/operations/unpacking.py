"""Makes blobs of an archive's members: each byte is read once and, where the store is able to, never written by this process.

What is stored in the archive as it is and large is hashed where it lies; once it has its row, the store makes the blob of that
range. What is small is read together with its neighbours, so that thousands of files cost an object store few requests.
Everything else streams through here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from functools import partial

from sessions_app.blobs.ingest import SMALL_SIZE, Make, Staged, stage
from sessions_app.blobs.ranges import Ranges
from sessions_app.blobs.store import BlobWriter
from sessions_app.domain.digests import Digest, digest_of
from sessions_app.models import Blob
from sessions_app.operations import intake
from sessions_app.operations.context import JobContext
from sessions_app.operations.intake import PACK_COUNT, PACK_SIZE, OnBytes, Pack
from sessions_app.operations.sources import ArchiveSource
from sessions_app.zips.reader import SEEK_COST, Archive, ArchiveMember

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
        keep=intake.holding(context.job.pk),
        on_bytes=context.advance,
        now=context.clock(),
    )


def _packs(
    context: JobContext, archive: Archive, source: ArchiveSource, members: Sequence[ArchiveMember]
) -> Iterator[Pack]:
    placed = list(enumerate(members))
    large = [(place, member) for place, member in placed if _is_large(member)]
    small = [(place, member) for place, member in placed if not _is_large(member)]
    ranges = source.ranges(context.store) if any(member.is_stored for _, member in large) else None
    # The largest first, so that the last thread to finish has little left to do.
    for place, member in sorted(large, key=lambda pair: -pair[1].size):
        if member.is_stored and ranges is not None:
            staging = partial(_hash, archive, member, ranges)
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


def _hash(archive: Archive, member: ArchiveMember, ranges: Ranges, on_bytes: OnBytes) -> list[Staged]:
    """Hash a member where it lies. Half of its bytes count as done then, the others when it is a blob."""
    sha256 = hashlib.sha256()
    hashed = 0
    for chunk in archive.open(member):
        sha256.update(chunk)
        hashed += len(chunk) // 2
        on_bytes(len(chunk) // 2)
    # The archive's own CRC-32 and size are right, or reading would have ended with an error.
    digest = Digest(sha256=sha256.hexdigest(), crc32=member.crc32, size=member.size)
    rest = member.size - hashed
    return [Staged(digest=digest, make=_making(member, ranges, rest), rest=rest)]


def _making(member: ArchiveMember, ranges: Ranges, rest: int) -> Make:
    def make(key: str, on_bytes: OnBytes) -> None:
        left = rest

        def count_half(count: int) -> None:
            nonlocal left
            told = min(count // 2, left)
            left -= told
            on_bytes(told)

        ranges.make(key, member.data_start, member.data_end, on_bytes=count_half)
        on_bytes(left)

    return make


def _stream(
    archive: Archive, member: ArchiveMember, store: BlobWriter, staging_key: str, on_bytes: OnBytes
) -> list[Staged]:
    return [stage(archive.open(member), store=store, staging_key=staging_key, on_bytes=on_bytes)]


def _read_together(archive: Archive, members: Sequence[ArchiveMember], on_bytes: OnBytes) -> list[Staged]:
    staged = []
    for chunks in archive.open_together(members):
        data = b"".join(chunks)
        staged.append(Staged(digest=digest_of([data]), data=data))
        on_bytes(len(data))
    return staged
