"""New version: the state of a session that is about to be committed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dubbing_core.left_out import NOTHING_LEFT_OUT, LeftOut
from dubbing_core.manifest import Manifest


@dataclass(frozen=True, kw_only=True)
class NewVersion:
    """Files, the blob of each, and the document of a version to commit.

    The document is metadata.json with relative paths.
    """

    manifest: Manifest
    blob_ids: Mapping[str, int]
    document: Mapping[str, Any]
    message: str = ""
    left_out: LeftOut = NOTHING_LEFT_OUT
    """Files of the saved folder that no session can represent."""
    restored_from: int | None = None

    @cached_property
    def fingerprint(self) -> str:
        return self.manifest.compute_fingerprint(self.document)
