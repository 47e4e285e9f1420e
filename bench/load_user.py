"""A user of a portal under load."""

from __future__ import annotations

from dataclasses import dataclass

SLOW_SIZE = 8 * 1024 * 1024
"""Bytes of a slow upload: one part."""


@dataclass(frozen=True, kw_only=True)
class LoadUser:
    """A user, as clients need them."""

    cookie: str
    token: str
    paths: tuple[str, ...]
    """Their pages."""
    session: str
    """Code of a session that only they save."""
    archive: str
    """Path of a large download."""
    uploads: tuple[str, ...]
    """Paths of parts to send."""
