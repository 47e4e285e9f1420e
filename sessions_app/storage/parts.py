"""What parts have in common in every store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sessions_app.storage.store import PART_SIZE, Part, PartsRefusedError

MAX_PARTS = 10_000
"""As S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
MAX_PART_SIZE = 5 * 1024**3
"""Bytes; as S3."""


def part_size_for(size: int | None) -> int:
    """Return of how many bytes each part but the last of an object of ``size`` bytes is: MAX_PARTS of them suffice.

    It follows from the size alone: whoever goes on with an object on another day comes to the same. 8 MiB up to 78 GiB, then twice
    as many for each twice as large: 16 MiB up to 156 GiB, 128 MiB for a TiB, 1 GiB for 5 TiB.
    """
    part_size = PART_SIZE
    while part_size * MAX_PARTS < (size or 0):
        part_size *= 2
    return part_size


def take_part(key: str, number: int, chunks: Iterable[bytes], *, part_size: int) -> bytearray:
    """Collect one part in one piece.

    :raises PartsRefusedError: the number is out of range, or the chunks are more than ``part_size`` bytes.
    """
    return bytearray().join(take_chunks(key, number, chunks, part_size=part_size))


def take_chunks(key: str, number: int, chunks: Iterable[bytes], *, part_size: int) -> list[bytes]:
    """Collect the chunks of one part.

    :raises PartsRefusedError: the number is out of range, or the chunks are more than ``part_size`` bytes.
    """
    check_number(key, number)
    taken: list[bytes] = []
    size = 0
    for chunk in chunks:
        taken.append(chunk)
        size += len(chunk)
        if size > part_size:
            raise PartsRefusedError(key, f"Part {number} is larger than {part_size} bytes.")
    return taken


def check_number(key: str, number: int) -> None:
    """Do nothing about a number that a part may have.

    :raises PartsRefusedError: it is out of range.
    """
    if not 1 <= number <= MAX_PARTS:
        raise PartsRefusedError(key, f"Part {number} is not one of 1 to {MAX_PARTS}.")


def whole_size(key: str, parts: Sequence[Part], *, part_size: int) -> int:
    """Return the size of the object that the parts make.

    :raises PartsRefusedError: they are not 1 to n, or one before the last is not of ``part_size``.
    """
    if [part.number for part in parts] != list(range(1, len(parts) + 1)):
        raise PartsRefusedError(key, "The parts are not numbered from 1 without a gap.")
    if any(part.size != part_size for part in parts[:-1]):
        raise PartsRefusedError(key, f"A part before the last is not of {part_size} bytes.")
    return sum(part.size for part in parts)
