"""An archive that contains itself, so that recursive unpacking never ends.

Its DEFLATE stream is a program that prints the archive, in a language of two statements: L(n), a stored block, prints the n
bytes that follow it; R(n), a block of copies, prints the last n bytes again. (Russ Cox, "Zip Files All The Way Down".)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from dataclasses import replace
from itertools import product

from dubbing_core.zips.records import DEFLATED
from tests.unit.core.zips.forge import File, forge

HEAD_SIZE, TAIL_SIZE = 39, 77
"""Bytes before and after the stream: headers with a name of nine letters."""
NOTHING = bytes.fromhex("02 00 00 00 ff ff")
"""Two empty blocks."""


def quine() -> bytes:
    # CRC-32 is affine: each bit of the value in the headers flips a fixed set of bits in the archive's CRC-32. So 32
    # linear equations give the value that is the CRC-32 of the archive that contains it.
    return _archive(_fixed_point(lambda crc32: zlib.crc32(_archive(crc32))))


def _archive(crc32: int) -> bytes:
    stream_size = len(_program(bytes(HEAD_SIZE), bytes(TAIL_SIZE)))
    declared = {"crc32": crc32, "size": HEAD_SIZE + stream_size + TAIL_SIZE}
    file = File(name=b"quine.zip", data=b"", method=DEFLATED, local=declared, central=declared)
    empty = forge(replace(file, compressed=bytes(stream_size)))
    stream = _program(empty[:HEAD_SIZE], empty[-TAIL_SIZE:])
    return forge(replace(file, compressed=stream))


def _program(head: bytes, tail: bytes) -> bytes:
    start, loop, stop = (
        _repeat(HEAD_SIZE + 5, size=9),
        _repeat(24, size=7),
        _repeat(TAIL_SIZE + 8, size=8, last=True),
    )
    statements = [
        # Each line prints the part of the archive that the next line repeats.
        [_literal(HEAD_SIZE + 5), head, _literal(HEAD_SIZE + 5)],
        [start],
        [_literal(9), start],
        [_literal(5), _literal(9)],
        [_literal(24), start, _literal(5), _literal(9), _literal(24)],
        [loop],
        [_literal(24), loop, _literal(24), loop, _literal(24)],
        [loop],
        [_literal(24), loop, NOTHING, NOTHING, _literal(TAIL_SIZE + 8)],
        [loop],
        [NOTHING, NOTHING],
        [_literal(TAIL_SIZE + 8), stop, tail],
        [stop],
    ]
    return b"".join(piece for line in statements for piece in line)


def _literal(count: int) -> bytes:
    """L: print the bytes that follow."""
    return struct.pack("<BHH", 0, count, count ^ 0xFFFF)


def _repeat(count: int, *, size: int, last: bool = False) -> bytes:
    """R: print the last ``count`` bytes again, in a block of ``size`` bytes."""
    for lengths in product(range(3, 67), repeat=2):
        for parts in (lengths, (*lengths, count - sum(lengths))):
            if sum(parts) == count and 3 <= parts[-1] <= 66:
                codes = "".join(_length(part) + _distance(count) for part in parts)
                # Or with an empty block before it, if that gives the size.
                for block in (f"{last:d}10{codes}0000000", f"0100000000{last:d}10{codes}0000000"):
                    if len(block) == size * 8:
                        return int(block[::-1], 2).to_bytes(size, "little")
    raise AssertionError


def _length(count: int) -> str:
    """RFC 1951 section 3.2.5, with the fixed codes of 3.2.6."""
    extra = max((count - 3).bit_length() - 3, 0)
    code = 1 + 4 * extra + ((count - 3) >> extra)
    return f"{code:07b}" + _number(count - 3, extra)


def _distance(count: int) -> str:
    extra = (count - 1).bit_length() - 2
    return f"{2 * extra + ((count - 1) >> extra):05b}" + _number(count - 1, extra)


def _number(value: int, bits: int) -> str:
    return "".join(str(value >> bit & 1) for bit in range(bits))


def _fixed_point(function: Callable[[int], int]) -> int:
    """Solve function(x) = x for a function of 32 bits that is affine."""
    constant = function(0)
    rows = [(function(1 << bit) ^ constant ^ (1 << bit), 1 << bit) for bit in range(32)]
    solution = 0
    for place in reversed(range(32)):
        pivot = next((row for row in rows if row[0] >> place == 1), (0, 0))
        rows = [
            (row[0] ^ pivot[0], row[1] ^ pivot[1]) if row[0] >> place & 1 and row != pivot else row
            for row in rows
        ]
        if constant >> place & 1:
            constant, solution = constant ^ pivot[0], solution ^ pivot[1]
    assert constant == 0
    return solution
