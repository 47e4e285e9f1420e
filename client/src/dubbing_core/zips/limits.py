"""Limits of archives that are read."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveLimits:
    """Limits of an archive's declared values, checked before anything is inflated."""

    max_entries: int = 50_000
    max_total_size: int = 1 << 40
    """Total bytes of all members when unpacked; the caller passes the user's quota."""
    max_name_bytes: int = 1024
    max_depth: int = 100
    """Nested folders around a file. 500 fit into a name, but only an attack uses them."""
    max_central_size: int = 32 * 1024 * 1024
    """Bytes of the central directory, which is read into memory."""
