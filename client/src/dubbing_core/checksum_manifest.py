"""An export's `.dubbing/manifest.json`: what each member must be, so that an archive proves itself without us."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dubbing_core.categories import PRIVATE_FOLDER
from dubbing_core.strict_json import JsonError, parse_json

CHECKSUM_MANIFEST_PATH = f"{PRIVATE_FOLDER}/manifest.json"
FORMAT = 1
"""Raised when a reader of an older format would misread a newer one."""
SIZE_LIMIT = 64 * 1024 * 1024
"""In bytes: that of some 200,000 members."""


class ChecksumManifestError(ValueError):
    """A manifest that cannot be used. Its message is a sentence for the person who brought the archive."""

    code = "manifest_damaged"

    def __init__(self) -> None:
        super().__init__(
            f"{CHECKSUM_MANIFEST_PATH} in this ZIP is damaged. Export the session again, or remove that file to import the rest as a plain folder."
        )


@dataclass(frozen=True, kw_only=True)
class ChecksumEntry:
    """One member as it was exported."""

    path: str
    size: int
    """In bytes."""
    sha256: str
    category: str = ""
    """"" for what the portal writes itself, such as metadata.json."""
    language: str = ""
    origin: str = ""
    """Where it lay in the folder that it was saved from; "" where that is its path in the session."""


def render_checksum_manifest(
    members: Sequence[ChecksumEntry],
    *,
    session: str,
    version: int,
    saved_at: datetime,
    message: str,
    fingerprint: str,
    selection: Mapping[str, Any],
) -> bytes:
    """Write the manifest: the same selection of a version always gives the same bytes.

    :param selection: what was chosen of the version; empty for the whole.
    """
    document = {
        "format": FORMAT,
        "session": session,
        "version": version,
        "saved_at": saved_at.isoformat(),
        "message": message,
        "fingerprint": fingerprint,
        **({"selection": selection} if selection else {}),
        "members": [
            {
                "path": member.path,
                "size": member.size,
                "sha256": member.sha256,
                "category": member.category,
                "language": member.language,
                **({"origin": member.origin} if member.origin else {}),
            }
            for member in members
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def parse_checksum_manifest(data: bytes) -> dict[str, ChecksumEntry]:
    """Read the members of a manifest by path. Keys that a newer portal added are passed over.

    :raises ProofError: it is not what a portal writes.
    """
    try:
        document = parse_json(data)
        members = [_proven(member) for member in document["members"]]
    except (JsonError, KeyError, TypeError):
        raise ChecksumManifestError from None
    return {member.path: member for member in members}


def _proven(member: Any) -> ChecksumEntry:
    texts = [member["path"], member["sha256"]]
    texts += [member.get(key, "") for key in ("category", "language", "origin")]
    size = member["size"]
    if not all(isinstance(text, str) for text in texts) or not isinstance(size, int):
        raise TypeError
    path, sha256, category, language, origin = texts
    return ChecksumEntry(
        path=path, size=size, sha256=sha256, category=category, language=language, origin=origin
    )
