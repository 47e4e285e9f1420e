"""Stale results that a person checked and found to be right.

For example audio whose translation had a typo. The statement is stored in the metadata document, so that it is part of each version, its exports and imports.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_FILES = 200
"""Files of a cell whose digests are stored one by one; those of more are checked, and change, together."""
MAX_CHECKS = 2000
DIGEST_LENGTH = 12


@dataclass(frozen=True, kw_only=True)
class Check:
    """Files of a cell that fit their inputs."""

    files: tuple[str, ...]
    """Digests of contents."""
    inputs: Mapping[str, str] = field(default_factory=dict)
    """Digest by input: the statement holds in the version that has exactly these, and what changes later counts again."""
    by: str = ""
    at: str = ""
    """Time in ISO format."""

    @property
    def key(self) -> str:
        """Digest that identifies the statement."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()[:DIGEST_LENGTH]

    def covers(self, digests: Iterable[str]) -> set[str]:
        """Return those of the digests of a cell's files that were checked."""
        digests = set(digests)
        return (
            digests
            if set(shorten_digests(digests)) == set(self.files)
            else {digest for digest in digests if digest[:DIGEST_LENGTH] in self.files}
        )

    def to_json(self) -> dict[str, Any]:
        return {"files": list(self.files), "inputs": dict(self.inputs), "by": self.by, "at": self.at}


def shorten_digests(digests: Iterable[str]) -> tuple[str, ...]:
    """Return the digests of a cell's files as a check stores them."""
    ordered = sorted(digests)
    if len(ordered) > MAX_FILES:
        return (hashlib.sha256("\n".join(ordered).encode()).hexdigest()[:DIGEST_LENGTH],)
    return tuple(digest[:DIGEST_LENGTH] for digest in ordered)


@dataclass(frozen=True, kw_only=True)
class CheckedResult:
    """A check as a cell of the progress shows it."""

    version: int
    """From which inputs the checked files count as made."""
    by: str
    at: str

    def as_dict(self) -> dict[str, Any]:
        return {"version": self.version, "by": self.by, "at": self.at}


def read_checks(value: Any) -> dict[str, Check]:
    """Read the checks of a metadata document, by cell; invalid ones are ignored."""
    rows = list(value.items())[:MAX_CHECKS] if isinstance(value, dict) else []
    checks = {}
    for cell, row in rows:
        if not isinstance(row, dict) or not isinstance(cell, str):
            continue
        files, inputs = row.get("files"), row.get("inputs")
        if not isinstance(files, list) or not isinstance(inputs, dict):
            continue
        checks[cell] = Check(
            files=tuple(each for each in files[:MAX_FILES] if isinstance(each, str)),
            inputs={
                key: each for key, each in inputs.items() if isinstance(key, str) and isinstance(each, str)
            },
            by=str(row.get("by") or "")[:200],
            at=str(row.get("at") or "")[:40],
        )
    return checks
