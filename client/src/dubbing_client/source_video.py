"""Recognition of a source video that has replaced another one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from dubbing_client.api import Api
from dubbing_client.folder_labels import find_source, label_folder
from dubbing_client.save_plan import SavePlan
from dubbing_client.saved_paths import entries_by_saved_path
from dubbing_client.state import State

BLOCK_SIZE = 1024 * 1024


@dataclass(frozen=True)
class NewSource:
    """A video that has replaced a session's source."""

    path: str
    sha256: str
    old_path: str


def find_new_source(api: Api, plan: SavePlan, state: State) -> NewSource | None:
    """Return the video that has replaced the session's source, or None.

    A source that was moved or renamed is the same, as is one whose beginning is the source saved before: that was still being
    written. All files of the plan must have been hashed.
    """
    old_path = plan.find_source()
    if plan.session is None or old_path is None:
        return None
    hashes = {path: state.cached_hash(path, stat) for path, stat in plan.listing.files.items()}
    if plan.synced[old_path] in hashes.values():
        return None
    path = find_source(label_folder(plan.listing.files).labels)
    sha256 = hashes.get(path) if path is not None else None
    if path is None or sha256 is None or plan.synced.get(path) == sha256:
        return None
    if path == old_path and _is_continuation(api, plan, path):
        return None
    return NewSource(path, sha256, old_path)


def _is_continuation(api: Api, plan: SavePlan, path: str) -> bool:
    """Return whether a file begins with the content that the session has at its path."""
    assert plan.session is not None
    entry = entries_by_saved_path(api.manifest(plan.session["code"], plan.parent)).get(path)
    if entry is None or plan.listing.files[path].size < entry["size"]:
        return False
    place = plan.folder.path / path
    return _hash_beginning(place, entry["size"]) == entry["sha256"]


def _hash_beginning(place: Path, size: int) -> str:
    digest = hashlib.sha256()
    with place.open("rb") as file:
        while size and (block := file.read(min(size, BLOCK_SIZE))):
            digest.update(block)
            size -= len(block)
    return digest.hexdigest()
