"""An archive that holds itself: who unpacks what is in it, and what is in that, never comes to an end.

Its DEFLATE stream is a program that prints the archive, in a language of two statements: L(n), a stored block, prints the n
bytes that follow it; R(n), a block of copies, prints the last n bytes once more. (Russ Cox, "Zip Files All The Way Down".)
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
"""Bytes before and behind the stream: those of headers with a name of nine letters."""
NOTHING = bytes.fromhex("02 00 00 00 ff ff")
"""Two empty blocks."""


def quine() -> bytes:
    # Every bit of the CRC-32 in the headers changes the archive's CRC-32 in its own way, whatever the others are: so 32
    # equations tell which one is true of an archive that it is written into.
    return _archive(_fixed_point(lambda crc32: zlib.crc32(_archive(crc32))))


def _archive(crc32: int) -> bytes:
    stream_size = len(_program(bytes(HEAD_SIZE), bytes(TAIL_SIZE)))
    told = {"crc32": crc32, "size": HEAD_SIZE + stream_size + TAIL_SIZE}
    file = File(name=b"quine.zip", data=b"", method=DEFLATED, local=told, central=told)
    empty = forge(replace(file, compressed=bytes(stream_size)))
    stream = _program(empty[:HEAD_SIZE], empty[-TAIL_SIZE:])
    return forge(replace(file, compressed=stream))


def _program(head: bytes, tail: bytes) -> bytes:
    start, loop, stop = (
        _again(HEAD_SIZE + 5, size=9),
        _again(24, size=7),
        _again(TAIL_SIZE + 8, size=8, last=True),
    )
    statements = [
        # Each line prints, of the archive, as much as makes the next line possible.
        [_say(HEAD_SIZE + 5), head, _say(HEAD_SIZE + 5)],
        [start],
        [_say(9), start],
        [_say(5), _say(9)],
        [_say(24), start, _say(5), _say(9), _say(24)],
        [loop],
        [_say(24), loop, _say(24), loop, _say(24)],
        [loop],
        [_say(24), loop, NOTHING, NOTHING, _say(TAIL_SIZE + 8)],
        [loop],
        [NOTHING, NOTHING],
        [_say(TAIL_SIZE + 8), stop, tail],
        [stop],
    ]
    return b"".join(piece for line in statements for piece in line)


def _say(count: int) -> bytes:
    """L: print the bytes that follow."""
    return struct.pack("<BHH", 0, count, count ^ 0xFFFF)


def _again(count: int, *, size: int, last: bool = False) -> bytes:
    """R: print the last ``count`` bytes again, in a block of ``size`` bytes."""
    for lengths in product(range(3, 67), repeat=2):
        for parts in (lengths, (*lengths, count - sum(lengths))):
            if sum(parts) == count and 3 <= parts[-1] <= 66:
                codes = "".join(_length(part) + _distance(count) for part in parts)
                # With an empty block before it where that fills the bytes.
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
