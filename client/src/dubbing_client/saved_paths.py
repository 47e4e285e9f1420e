"""Entries of a version by the paths that they were saved from."""

from __future__ import annotations

from dubbing_client.objects import Entry, Manifest
from dubbing_core.categories import METADATA_NAME


def hashes_by_saved_path(manifest: Manifest) -> dict[str, str]:
    """Return path -> SHA-256, metadata.json included."""
    hashes = {path: entry["sha256"] for path, entry in entries_by_saved_path(manifest).items()}
    hashes[METADATA_NAME] = manifest["metadata"]["sha256"]
    return hashes


def entries_by_saved_path(manifest: Manifest) -> dict[str, Entry]:
    return {entry["origin"] or entry["path"]: entry for entry in manifest["entries"]}
