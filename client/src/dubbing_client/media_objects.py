"""Objects of the portal's API about media, as decoded from JSON."""

from __future__ import annotations

from typing import TypedDict


class Poster(TypedDict):
    """The picture that stands for a session."""

    url: str
    """Path of the portal, for the same token."""
    width: int
    height: int


class Media(TypedDict):
    """Facts of an audio or video file."""

    summary: str
    """The facts in a line; empty for an unreadable file."""
    reason: str
    """Why it cannot be read, or ""."""
    problem: str
    """What is wrong with a readable file, or ""."""


class Derivative(TypedDict):
    """What was made, will be made or cannot be made of a file."""

    state: str
    """`ready`, `queued`, `failed` or `not_needed`."""
    reason: str
    """Why it cannot be made, or ""."""
    url: str | None
    """Path of the portal, for the same token."""
    media_type: str
    size: int
    sha256: str
    details: dict[str, float | None]
