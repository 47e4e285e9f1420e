"""Checksum manifest of an archive, `.dubbing/manifest.json`.

Size and SHA-256 of each member, so that an archive can be verified without the portal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dubbing_core import json_lists
from dubbing_core.categories import PRIVATE_FOLDER
from dubbing_core.strict_json import JsonError, parse_json

CHECKSUM_MANIFEST_PATH = f"{PRIVATE_FOLDER}/manifest.json"
FORMAT = 1
"""Increased when a reader of an older format would misread a newer one."""
SIZE_LIMIT = 64 * 1024 * 1024
"""In bytes; enough for some 200,000 members."""


class ChecksumManifestError(ValueError):
    """The manifest is unusable; the message is shown to the user."""

    code = "manifest_damaged"

    def __init__(self) -> None:
        super().__init__(
            f"{CHECKSUM_MANIFEST_PATH} in this ZIP is damaged. Export the session again, or remove that file to import"
            " the rest as a plain folder."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecksumEntry:
    """One member of an archive as it was exported."""

    path: str
    size: int
    """In bytes."""
    sha256: str
    category: str = ""
    """"" for files that the portal generates, such as metadata.json."""
    language: str = ""
    origin: str = ""
    """The path in the folder from which the file was saved; "" where that equals `path`."""


def render_checksum_manifest(
    members: Iterable[ChecksumEntry],
    *,
    session: str,
    version: int,
    saved_at: datetime,
    message: str,
    fingerprint: str,
    selection: Mapping[str, Any],
) -> bytearray:
    """Write the manifest. The same selection of a version always gives the same bytes.

    :param selection: the exported part of the version, as `Selection.as_dict`; empty for the whole version.
    """
    document = {
        "format": FORMAT,
        "session": session,
        "version": version,
        "saved_at": saved_at.isoformat(),
        "message": message,
        "fingerprint": fingerprint,
        **({"selection": selection} if selection else {}),
    }
    text = json_lists.render_start(document)
    json_lists.add_list(text, "members", map(_render_member, members))
    json_lists.add_end(text)
    return text


def _render_member(member: ChecksumEntry) -> str:
    """Return the member as `json_lists.render_object` would, several times as fast."""
    quote = json_lists.quote
    origin = f',\n   "origin": {quote(member.origin)}' if member.origin else ""
    return (
        f'{{\n   "path": {quote(member.path)},\n   "size": {member.size},\n   "sha256": {quote(member.sha256)},'
        f'\n   "category": {quote(member.category)},\n   "language": {quote(member.language)}{origin}\n  }}'
    )


def parse_checksum_manifest(data: bytes) -> dict[str, ChecksumEntry]:
    """Read a manifest's members, by path. Keys that a newer portal added are ignored.

    :raises ChecksumManifestError: the data is not a manifest as a portal writes it.
    """
    try:
        document = parse_json(data)
        members = [_parse_member(member) for member in document["members"]]
    except (JsonError, KeyError, TypeError):
        raise ChecksumManifestError from None
    return {member.path: member for member in members}


def _parse_member(member: Any) -> ChecksumEntry:
    texts = [member["path"], member["sha256"]]
    texts += [member.get(key, "") for key in ("category", "language", "origin")]
    size = member["size"]
    if not all(isinstance(text, str) for text in texts) or not isinstance(size, int):
        raise TypeError
    path, sha256, category, language, origin = texts
    return ChecksumEntry(
        path=path, size=size, sha256=sha256, category=category, language=language, origin=origin
    )
