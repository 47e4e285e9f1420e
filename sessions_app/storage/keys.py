"""Where in the store each kind of object lives. One function a kind, so that nobody builds a key by hand."""

from __future__ import annotations

from sessions_app.storage.store import KeyRefusedError

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


def checked(key: str) -> str:
    """Return the key if a store may hold it: a relative path of plain names, none of them hidden.

    Hidden names are the stores' own, for what has not arrived yet.

    :raises KeyRefusedError: it is not.
    """
    if any(not name or name.startswith(".") or "\\" in name or "\0" in name for name in key.split("/")):
        raise KeyRefusedError(key)
    return key


def checked_prefix(prefix: str) -> str:
    """Return the prefix if it names a folder (ending in "/"), or all there is (empty).

    :raises KeyRefusedError: it does not.
    """
    if prefix:
        checked(prefix.removesuffix("/"))
        if not prefix.endswith("/"):
            raise KeyRefusedError(prefix)
    return prefix
