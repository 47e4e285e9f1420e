"""Parts of a multipart upload that copies large members inside the store.

A store can copy a range of one object as a part of another, but every part except the last has a minimum size. The
bytes between two copied ranges are therefore extended to that size from the start of the next blob, unless
`interleave_members` has placed enough small members there. See docs/decisions/0009-server-side-export.md.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dubbing_core.zips.layout import (
    BlobMember,
    BlobRange,
    DeflatedMember,
    Layout,
    Member,
    Segment,
    TextMember,
)

MIB = 1024 * 1024
MIN_PART_SIZE = 5 * MIB
"""Of S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
LARGE_MEMBER_SIZE = 2 * MIN_PART_SIZE
"""From this size on a member can extend the part before it and still be copied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartLimits:
    """A store's limits for the parts of an object. All sizes in bytes.

    :raises ValueError: the remainder after parts of ``copy_size`` bytes could be smaller than ``min_size``.
    """

    min_size: int = MIN_PART_SIZE
    """Of every part except the last."""
    max_size: int = 5 * 1024 * MIB
    max_count: int = 10_000
    """Of the parts of one object."""
    copy_size: int = 256 * MIB
    """Largest copied part while ``max_count`` allows: a server copies it within a request's time limit, and progress
    and cancellation are checked between two parts."""
    is_uniform: bool = False
    """All parts except the last must have one size (Cloudflare R2)."""

    def __post_init__(self) -> None:
        if not 0 < 2 * self.min_size <= self.copy_size <= self.max_size:
            raise ValueError("Parts of these sizes cannot form every object.")


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """Part whose bytes are sent: a range of the archive."""

    layout: Layout
    start: int
    end: int
    """Exclusive."""

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def segments(self) -> Iterator[Segment]:
        return self.layout.cut(self.start, self.end)


@dataclass(frozen=True, slots=True)
class CopiedPart:
    """Part that the store copies from a blob."""

    source: BlobRange

    @property
    def size(self) -> int:
        return self.source.size


PartPlan = UploadedPart | CopiedPart


def plan_parts(layout: Layout, *, limits: PartLimits) -> tuple[PartPlan, ...]:
    """Plan the parts of an archive.

    Uploaded parts are smaller than twice ``limits.min_size``, or of uniform size. Sizes increase where the archive would
    need more than ``limits.max_count`` parts.

    :raises ValueError: the archive is larger than the largest object of such parts.
    """
    if limits.is_uniform:
        return tuple(_plan_uniform_parts(layout, limits))
    while len(parts := tuple(_plan_parts(layout, limits))) > limits.max_count:
        limits = _enlarge_parts(limits)
    return parts


def interleave_members(members: Sequence[Member]) -> list[Member]:
    """Place small members before large ones, to fill the parts with their headers.

    Members that are part of the layout stay first; large members, and small ones of one group, keep their order. The order depends on the
    members alone, so that a version has the same bytes in every store.
    """
    texts = [member for member in members if not isinstance(member, BlobMember)]
    blobs = [member for member in members if isinstance(member, BlobMember)]
    large = [member for member in blobs if member.size >= LARGE_MEMBER_SIZE]
    if not large:
        return [*texts, *blobs]
    small = [(member.size, -index) for index, member in enumerate(blobs) if member.size < LARGE_MEMBER_SIZE]
    groups: list[list[int]] = [[] for _ in range(len(large) + 1)]
    fills = [(0, number) for number in range(len(large))]
    fills[0] = (sum(map(_measure_text, texts)), 0)
    heapq.heapify(fills)
    # Largest first, each to the group with the fewest bytes.
    for size, index in sorted(small, reverse=True):
        filled, number = fills[0]
        if filled >= MIN_PART_SIZE:
            groups[-1].append(-index)
        else:
            groups[number].append(-index)
            heapq.heapreplace(fills, (filled + size, number))
    ordered: list[Member] = [*texts]
    for number, group in enumerate(groups):
        ordered += [blobs[index] for index in sorted(group)]
        ordered += large[number : number + 1]
    return ordered


def _measure_text(member: TextMember | DeflatedMember) -> int:
    return len(member.data if isinstance(member, TextMember) else member.deflated)


def _plan_parts(layout: Layout, limits: PartLimits) -> Iterator[PartPlan]:
    start = position = 0  # of the bytes without a part, and of the current segment
    for segment in layout.segments:
        end = position + segment.size
        if isinstance(segment, BlobRange):
            copy_start = position if start == position else max(position, start + limits.min_size)
            if end - copy_start >= limits.min_size:
                yield from _plan_uploads(layout, start, copy_start, limits)
                yield from _plan_copies(segment.cut(copy_start - position, segment.size), limits)
                start = end
        position = end
    yield from _plan_uploads(layout, start, position, limits)


def _plan_uploads(layout: Layout, start: int, end: int, limits: PartLimits) -> Iterator[UploadedPart]:
    if start < end:
        for first, last in _split_evenly(end - start, max(1, (end - start) // limits.min_size)):
            yield UploadedPart(layout, start + first, start + last)


def _plan_copies(source: BlobRange, limits: PartLimits) -> Iterator[CopiedPart]:
    # Equal sizes, because a remainder could be smaller than a part may be.
    for first, last in _split_evenly(source.size, -(-source.size // limits.copy_size)):
        yield CopiedPart(source.cut(first, last))


def _split_evenly(size: int, count: int) -> Iterator[tuple[int, int]]:
    for number in range(count):
        yield size * number // count, size * (number + 1) // count


def _enlarge_parts(limits: PartLimits) -> PartLimits:
    if limits.copy_size < limits.max_size:
        return replace(limits, copy_size=min(limits.copy_size * 2, limits.max_size))
    if limits.min_size * 4 <= limits.max_size:
        return replace(limits, min_size=limits.min_size * 2)
    raise _too_large_error()


def _plan_uniform_parts(layout: Layout, limits: PartLimits) -> Iterator[PartPlan]:
    size = max(limits.min_size, -(-layout.size // limits.max_count))
    if size > limits.max_size:
        raise _too_large_error()
    for start in range(0, layout.size, size):
        end = min(start + size, layout.size)
        first = next(layout.cut(start, end))
        if isinstance(first, BlobRange) and first.size == end - start:
            yield CopiedPart(first)
        else:
            yield UploadedPart(layout, start, end)


def _too_large_error() -> ValueError:
    return ValueError("The archive is larger than the store's limit for objects.")
