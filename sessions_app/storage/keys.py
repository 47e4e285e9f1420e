"""Keys of objects, one function for each kind: no other module composes a key."""

from __future__ import annotations

from sessions_app.storage.errors import KeyRefusedError

BLOBS = "blobs/"
STAGING = "staging/"
EXPORTS = "exports/"


def blob_key(sha256: str) -> str:
    """Return the key of a blob: its hash, in one of 256 folders."""
    return f"{BLOBS}{sha256[:2]}/{sha256}"


def staging_key(owner: str, name: str) -> str:
    """Return the key of temporary bytes.

    ``owner`` names their row: ``upload-<code>`` or ``job-<code>-<attempt>``.
    """
    return f"{STAGING}{owner}/{name}"


def staging_prefix(owner: str) -> str:
    return f"{STAGING}{owner}/"


def export_key(code: str) -> str:
    return f"{EXPORTS}{code}.zip"


def checked(key: str) -> str:
    """Return the key if it is a relative path of plain names, none of them hidden.

    Hidden names are reserved for the stores' unfinished files.

    :raises KeyRefusedError: it is not.
    """
    if any(not name or name.startswith(".") or "\\" in name or "\0" in name for name in key.split("/")):
        raise KeyRefusedError(key)
    return key


def checked_prefix(prefix: str) -> str:
    """Return the prefix if it is a folder (ending in "/") or empty.

    :raises KeyRefusedError: it is neither.
    """
    if prefix:
        checked(prefix.removesuffix("/"))
        if not prefix.endswith("/"):
            raise KeyRefusedError(prefix)
    return prefix
