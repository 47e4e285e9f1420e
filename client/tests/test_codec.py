"""CRC-32 and Inflate without the portal's compiled libraries."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator

import pytest

from dubbing_core import codec
from dubbing_core.digests import compute_digest
from dubbing_core.zips.reader import ArchiveLimits, ZipError, read_archive


class BytesSource:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, start: int, end: int) -> Iterator[bytes]:
        yield self._data[start:end]


def write_zip(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_the_standard_library_is_used_here():
    assert codec.crc32 is zlib.crc32
    assert codec.decompressobj is zlib.decompressobj


def test_an_archive_is_read():
    data = b"the same words again and again, " * 100_000
    archive = read_archive(BytesSource(write_zip({"audio/hi.wav": data, "empty": b""})), ArchiveLimits())
    contents = {member.name: b"".join(archive.open(member)) for member in archive.files}
    assert contents == {"audio/hi.wav": data, "empty": b""}
    assert compute_digest([data]).crc32 == archive.files[0].crc32


@pytest.mark.parametrize("position", [45, 60])
def test_damaged_data_are_an_error(position):
    data = bytearray(write_zip({"a": bytes(range(256)) * 10}))
    data[position] ^= 0xFF
    archive = read_archive(BytesSource(bytes(data)), ArchiveLimits())
    with pytest.raises(ZipError):
        b"".join(archive.open(archive.files[0]))
