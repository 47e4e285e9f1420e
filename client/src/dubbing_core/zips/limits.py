from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ArchiveLimits:
    """What an archive may declare; it is refused before anything is inflated."""

    max_entries: int = 50_000
    max_total_size: int = 1 << 40
    """Bytes of all members together, unpacked: the caller's quota."""
    max_name_bytes: int = 1024
    max_depth: int = 100
    """Folders that a file lies in: half a thousand fit into a name, and only an attacker makes us check them all."""
    max_central_size: int = 32 * 1024 * 1024
    """Bytes of the central directory, which is held in memory."""
