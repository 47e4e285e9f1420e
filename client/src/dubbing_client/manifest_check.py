"""Check of a manifest: a portal may send anything."""

from __future__ import annotations

import re
from typing import Any

from dubbing_client.errors import TransferError
from dubbing_client.objects import Manifest
from dubbing_core.categories import Category

MAX_FILES = 1_000_000
MAX_SIZE = 1 << 50
"""Bytes of one file: a pebibyte, which no supported store accepts."""
SHA256 = re.compile(r"[0-9a-f]{64}")
CATEGORIES = frozenset(Category)


def check_manifest(document: Any) -> Manifest:
    """Return a decoded manifest if its values can be used.

    :raises TransferError: it contains values of another type, impossible sizes or too many files.
    """
    try:
        entries, metadata, folders = document["entries"], document["metadata"], document["empty_folders"]
        if len(entries) > MAX_FILES:
            raise TransferError(
                f"The portal sent a list of {len(entries):,} files; at most {MAX_FILES:,} can be loaded at once."
            )
        is_valid = (
            isinstance(entries, list)
            and all(map(_is_entry, entries))
            and is_document(metadata)
            and isinstance(folders, list)
            and len(folders) <= MAX_FILES
            and all(isinstance(folder, str) for folder in folders)
        )
    except (KeyError, TypeError, AttributeError):
        is_valid = False
    if not is_valid:
        raise TransferError("The portal sent a list of files with impossible names, sizes or hashes.")
    manifest: Manifest = document
    return manifest


def _is_entry(entry: Any) -> bool:
    names = (entry["path"], entry["language"], entry["role"], entry["labeled_by"])
    mtime_ns = entry["mtime_ns"]
    return (
        all(isinstance(name, str) for name in names)
        and isinstance(entry["executable"], bool)
        and (mtime_ns is None or (type(mtime_ns) is int and -(1 << 63) <= mtime_ns < 1 << 63))
        and entry["category"] in CATEGORIES
        and is_document(entry)
    )


def is_document(document: Any) -> bool:
    """Return whether size and hash are possible."""
    size, sha256 = document["size"], document["sha256"]
    return (
        type(size) is int
        and 0 <= size <= MAX_SIZE
        and isinstance(sha256, str)
        and SHA256.fullmatch(sha256) is not None
    )
