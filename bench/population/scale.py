"""Sizes of a generated portal."""

from __future__ import annotations

from dataclasses import dataclass

LARGE, SMALL, LAST = "large", "small", "last"
"""Names of users: with a fifth of all sessions; with 25; with the session of many files and that of many versions."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Number of rows by table."""

    sessions: int = 100_000
    entries: int = 5_000_000
    blobs: int = 2_300_000
    jobs: int = 200_000
    users: int = 500
    large_owner: int = 20_000
    """Sessions of the user ``large``."""
    small_owner: int = 25
    """Sessions of the user ``small``."""
    many_files: int = 50_000
    """Files of the largest session."""
    many_versions: int = 1_000
    """Versions of the session with the longest history."""
    unfinished: int = 60
    """Jobs that wait or run."""

    @property
    def orphans(self) -> int:
        """Number of blobs that nothing refers to."""
        return self.blobs // 200

    def by(self, factor: float) -> Scale:
        """Return a smaller portal with the same proportions."""
        return Scale(
            sessions=max(60, int(self.sessions * factor)),
            entries=max(600, int(self.entries * factor)),
            blobs=max(300, int(self.blobs * factor)),
            jobs=max(100, int(self.jobs * factor)),
            users=max(6, int(self.users * factor)),
            large_owner=max(30, int(self.large_owner * factor)),
            small_owner=max(3, min(self.small_owner, int(self.sessions * factor) // 20)),
            many_files=max(300, int(self.many_files * factor)),
            many_versions=max(45, int(self.many_versions * factor)),
            unfinished=max(6, int(self.unfinished * factor)),
        )


FULL = Scale()
