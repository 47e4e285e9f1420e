"""What a version holds, by where its files lay when they were saved."""

from __future__ import annotations

from typing import Any

from dubbing_client.folder import METADATA
from dubbing_client.objects import Manifest


def holdings(manifest: Manifest) -> dict[str, str]:
    """Path -> SHA-256, metadata.json included."""
    found = {where: entry["sha256"] for where, entry in placed(manifest).items()}
    found[METADATA] = manifest["metadata"]["sha256"]
    return found


def placed(manifest: Manifest) -> dict[str, Any]:
    """Path -> entry."""
    return {entry["origin"] or entry["path"]: entry for entry in manifest["entries"]}
