"""Forge archives with arbitrary records, valid or not."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import Any

from dubbing_core.zips.records import (
    DEFLATED,
    FLAG_DESCRIPTOR,
    MADE_BY_UNIX,
    STORED,
    CentralHeader,
    End64Record,
    EndRecord,
    LocalHeader,
    Locator64,
)


def deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


@dataclass(frozen=True, kw_only=True)
class File:
    """A valid member, and the values to write instead."""

    name: bytes = b"a.txt"
    data: bytes = b"hello"
    method: int = STORED
    flags: int = 0
    mode: int = 0o100644
    compressed: bytes | None = None
    local_name: bytes | None = None
    local_extra: bytes = b""
    central_extra: bytes = b""
    comment: bytes = b""
    descriptor: bytes = b""
    gap: bytes = b""
    """Bytes before the local header."""
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)
    offset: int | None = None
    """Offset in the directory; if set, the member itself is not written."""

    def payload(self) -> bytes:
        if self.compressed is not None:
            return self.compressed
        return deflate(self.data) if self.method == DEFLATED else self.data


def forge(
    *files: File,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    after_directory: bytes = b"",
    before_end: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    shift: int = 0,
    end: dict[str, Any] | None = None,
    end64: dict[str, Any] | None = None,
    locator: dict[str, Any] | None = None,
) -> bytes:
    body = bytearray(prefix)
    directory = bytearray()
    for file in files:
        data = file.payload()
        offset = len(body) + len(file.gap) + shift if file.offset is None else file.offset
        common = {
            "version_needed": 20,
            "flags": file.flags,
            "method": file.method,
            "dos_time": 0,
            "dos_date": 0x21,
            "crc32": zlib.crc32(file.data),
            "compressed_size": len(data),
            "size": len(file.data),
        }
        streamed: dict[str, Any] = (
            {"crc32": 0, "compressed_size": 0, "size": 0} if file.flags & FLAG_DESCRIPTOR else {}
        )
        name = file.name if file.local_name is None else file.local_name
        local: dict[str, Any] = {"name_size": len(name), "extra_size": len(file.local_extra)}
        if file.offset is None:
            header = LocalHeader(**(common | streamed | local | file.local))
            body += file.gap + header.pack() + name + file.local_extra + data + file.descriptor
        central = CentralHeader(
            **(
                common
                | {
                    "version_made_by": MADE_BY_UNIX,
                    "name_size": len(file.name),
                    "extra_size": len(file.central_extra),
                    "comment_size": len(file.comment),
                    "disk": 0,
                    "internal_attributes": 0,
                    "external_attributes": file.mode << 16,
                    "offset": offset,
                }
                | file.central
            )
        )
        directory += central.pack() + file.name + file.central_extra + file.comment
    body += before_directory
    place = len(body) + shift
    body += directory + after_directory
    counts: dict[str, Any] = {
        "disk_entries": len(files),
        "entries": len(files),
        "directory_size": len(directory),
        "directory_offset": place,
    }
    if end64 is not None or locator is not None:
        at = len(body)
        body += End64Record(**(counts | (end64 or {}))).pack()
        body += replace(Locator64(end64_offset=at), **(locator or {})).pack()
    body += before_end
    body += EndRecord(**(counts | {"comment_size": len(comment)} | (end or {}))).pack()
    return bytes(body) + comment + suffix
