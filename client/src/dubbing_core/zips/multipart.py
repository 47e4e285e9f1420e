"""An archive as the parts of a multipart upload: what is large is copied where it lies, the rest travels.

A store copies a range of one object as a part of another without passing it on, but every part except the last has a
least size. So the bytes between two copied ranges are filled up to that size from the head of the blob that follows,
unless ``interleave`` has put enough small members there.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dubbing_core.zips.layout import BlobMember, BlobRange, Layout, Segment, TextMember

MIB = 1024 * 1024
MIN_PART_SIZE = 5 * MIB
"""As S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
LARGE_MEMBER_SIZE = 2 * MIN_PART_SIZE
"""From here on a member gives its head to the part before it and has enough left to be copied."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PartLimits:
    """What a store wants of an object's parts. All sizes in bytes.

    :raises ValueError: what is left over when parts of ``copy_size`` bytes are cut off could be smaller than ``min_size``.
    """

    min_size: int = MIN_PART_SIZE
    """Of every part but the last."""
    max_size: int = 5 * 1024 * MIB
    max_count: int = 10_000
    """Of parts."""
    copy_size: int = 256 * MIB
    """Of a copied part, at most, as long as there are parts enough: a server copies that within a request's time limit,
    and between two of them progress shows and cancelling is heard."""
    is_uniform: bool = False
    """All parts but the last are of one size (Cloudflare R2)."""

    def __post_init__(self) -> None:
        if not 0 < 2 * self.min_size <= self.copy_size <= self.max_size:
            raise ValueError("Parts of these sizes cannot make every object.")


@dataclass(frozen=True, slots=True)
class UploadedPart:
    segments: tuple[Segment, ...]

    @property
    def size(self) -> int:
        return sum(segment.size for segment in self.segments)


@dataclass(frozen=True, slots=True)
class CopiedPart:
    source: BlobRange

    @property
    def size(self) -> int:
        return self.source.size


PartPlan = UploadedPart | CopiedPart


def plan_parts(layout: Layout, *, limits: PartLimits) -> tuple[PartPlan, ...]:
    """Decide which parts make the archive. Uploaded ones are smaller than twice ``limits.min_size``, or of uniform size.

    Sizes grow where an archive needs more parts than there may be.

    :raises ValueError: the archive is larger than such parts can be.
    """
    if limits.is_uniform:
        return tuple(_uniform(layout, limits))
    while len(parts := tuple(_parts(layout, limits))) > limits.max_count:
        limits = _coarser(limits)
    return parts


def interleave_members(members: Sequence[BlobMember | TextMember]) -> list[BlobMember | TextMember]:
    """Put small members before the large ones, so that they fill the parts in which large ones' headers travel.

    Texts stay in front; large members, and small ones that come to lie together, keep their order. Only the members decide,
    never the store: the same version gives the same bytes everywhere.
    """
    texts = [member for member in members if isinstance(member, TextMember)]
    blobs = [member for member in members if isinstance(member, BlobMember)]
    large = [member for member in blobs if member.size >= LARGE_MEMBER_SIZE]
    small = [(member.size, -index) for index, member in enumerate(blobs) if member.size < LARGE_MEMBER_SIZE]
    groups: list[list[int]] = [[] for _ in range(len(large) + 1)]
    fills = [(0, number) for number in range(len(large))]
    if fills:
        fills[0] = (sum(len(text.data) for text in texts), 0)
        heapq.heapify(fills)
    # The largest first, each to where most is missing: what is small evens out what is not.
    for size, index in sorted(small, reverse=True):
        filled, number = fills[0] if fills else (MIN_PART_SIZE, 0)
        if filled >= MIN_PART_SIZE:
            groups[-1].append(-index)
        else:
            groups[number].append(-index)
            heapq.heapreplace(fills, (filled + size, number))
    ordered: list[BlobMember | TextMember] = [*texts]
    for number, group in enumerate(groups):
        ordered += [blobs[index] for index in sorted(group)]
        ordered += large[number : number + 1]
    return ordered


def _parts(layout: Layout, limits: PartLimits) -> Iterator[PartPlan]:
    start = position = 0
    """Of what belongs to no part yet, and of the segment at hand."""
    for segment in layout.segments:
        end = position + segment.size
        if isinstance(segment, BlobRange):
            copied_from = position if start == position else max(position, start + limits.min_size)
            if end - copied_from >= limits.min_size:
                yield from _uploaded(layout, start, copied_from, limits)
                yield from _copied(segment.cut(copied_from - position, segment.size), limits)
                start = end
        position = end
    yield from _uploaded(layout, start, position, limits)


def _uploaded(layout: Layout, start: int, end: int, limits: PartLimits) -> Iterator[UploadedPart]:
    if start < end:
        for first, last in _evenly(end - start, max(1, (end - start) // limits.min_size)):
            yield UploadedPart(layout.cut(start + first, start + last))


def _copied(source: BlobRange, limits: PartLimits) -> Iterator[CopiedPart]:
    # Equal pieces: a remainder could be smaller than a part may be.
    for first, last in _evenly(source.size, -(-source.size // limits.copy_size)):
        yield CopiedPart(source.cut(first, last))


def _evenly(size: int, count: int) -> Iterator[tuple[int, int]]:
    for number in range(count):
        yield size * number // count, size * (number + 1) // count


def _coarser(limits: PartLimits) -> PartLimits:
    if limits.copy_size < limits.max_size:
        return replace(limits, copy_size=min(limits.copy_size * 2, limits.max_size))
    if limits.min_size * 4 <= limits.max_size:
        return replace(limits, min_size=limits.min_size * 2)
    raise _too_large()


def _uniform(layout: Layout, limits: PartLimits) -> Iterator[PartPlan]:
    size = max(limits.min_size, -(-layout.size // limits.max_count))
    if size > limits.max_size:
        raise _too_large()
    for start in range(0, layout.size, size):
        segments = layout.cut(start, min(start + size, layout.size))
        if len(segments) == 1 and isinstance(segments[0], BlobRange):
            yield CopiedPart(segments[0])
        else:
            yield UploadedPart(segments)


def _too_large() -> ValueError:
    return ValueError("The archive is larger than the store's objects can be.")
