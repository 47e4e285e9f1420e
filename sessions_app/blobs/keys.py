"""Where in the store each kind of object lives. One function a kind, so that nobody builds a key by hand."""

from __future__ import annotations

BLOBS = "blobs/"
STAGING = "staging/"
EXPORTS = "exports/"


def blob_key(sha256: str) -> str:
    """Name a blob by its content, fanned out so that no folder grows without bound; ``sha256sum`` verifies it."""
    return f"{BLOBS}{sha256[:2]}/{sha256}"


def staging_key(owner: str, name: str) -> str:
    """Name temporary bytes; ``owner`` is the row they belong to (``upload-<code>``, ``job-<code>-<attempt>``)."""
    return f"{STAGING}{owner}/{name}"


def staging_prefix(owner: str) -> str:
    return f"{STAGING}{owner}/"


def export_key(code: str) -> str:
    return f"{EXPORTS}{code}.zip"
