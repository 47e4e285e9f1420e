"""Media types of files that browsers play or show."""

from __future__ import annotations

from posixpath import splitext

PLAYABLE = {
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".webm": "video/webm",
    ".mov": "video/quicktime",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
}
"""The only media types that are served inline. Uploaded content is untrusted: everything else is an attachment."""
DERIVED_TYPES = {
    "bin": "application/octet-stream",
    "flac": "audio/flac",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "webm": "audio/webm",
    "webp": "image/webp",
}
"""Of derivatives, by extension."""


def playable_type(path: str) -> str | None:
    """Return the media type for inline display, None for downloads only."""
    return PLAYABLE.get(splitext(path)[1].lower())
