"""Sizes and numbers of upload parts, the same for every store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dubbing_core.sentences import sentence
from sessions_app.storage.errors import PartsRefusedError
from sessions_app.storage.store import PART_SIZE, Part

MAX_PARTS = 10_000
"""As in S3: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html"""
MAX_PART_SIZE = 5 * 1024**3
"""Bytes, as in S3."""


def choose_part_size(size: int | None) -> int:
    """Return the part size with which MAX_PARTS suffice for ``size`` bytes.

    It depends on the size alone, so that an interrupted upload can resume without a record of it. 8 MiB up to 78 GiB, doubled for
    each doubling of the size: 16 MiB up to 156 GiB, 128 MiB for a TiB, 1 GiB for 5 TiB.
    """
    part_size = PART_SIZE
    while part_size * MAX_PARTS < (size or 0):
        part_size *= 2
    return part_size


def collect_part(key: str, number: int, chunks: Iterable[bytes], *, part_size: int) -> bytearray:
    """Return the chunks of one part as contiguous bytes.

    :raises PartsRefusedError: the number is out of range, or the chunks exceed ``part_size`` bytes.
    """
    return bytearray().join(collect_chunks(key, number, chunks, part_size=part_size))


def collect_chunks(key: str, number: int, chunks: Iterable[bytes], *, part_size: int) -> list[bytes]:
    """Return the chunks of one part.

    :raises PartsRefusedError: the number is out of range, or the chunks exceed ``part_size`` bytes.
    """
    check_part_number(key, number)
    collected: list[bytes] = []
    size = 0
    for chunk in chunks:
        collected.append(chunk)
        size += len(chunk)
        if size > part_size:
            raise PartsRefusedError(
                key,
                sentence(
                    "Part %(number)s is larger than %(part_size)s bytes.", number=number, part_size=part_size
                ),
            )
    return collected


def check_part_number(key: str, number: int) -> None:
    """Raise PartsRefusedError if the number is out of range."""
    if not 1 <= number <= MAX_PARTS:
        raise PartsRefusedError(
            key,
            sentence("Part %(number)s is not one of 1 to %(max_parts)s.", number=number, max_parts=MAX_PARTS),
        )


def get_joined_size(key: str, parts: Sequence[Part], *, part_size: int) -> int:
    """Return the size of the object that the parts make.

    :raises PartsRefusedError: their numbers are not 1 to n, or one before the last is not of ``part_size``.
    """
    if [part.number for part in parts] != list(range(1, len(parts) + 1)):
        raise PartsRefusedError(key, sentence("The parts are not numbered from 1 without a gap."))
    if any(part.size != part_size for part in parts[:-1]):
        raise PartsRefusedError(
            key, sentence("A part before the last does not have %(part_size)s bytes.", part_size=part_size)
        )
    return sum(part.size for part in parts)
