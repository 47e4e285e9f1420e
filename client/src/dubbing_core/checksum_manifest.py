"""Checksum manifest of an archive, `.dubbing/manifest.json`.

Size and SHA-256 of each member, so that an archive can be verified without the portal; path, label and other facts of each file as it
was saved, so that an import restores them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dubbing_core import json_lists
from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.sentences import sentence
from dubbing_core.strict_json import JsonError, parse_json

CHECKSUM_MANIFEST_PATH = f"{PRIVATE_FOLDER}/manifest.json"
DOCUMENT_NAME = f"{PRIVATE_FOLDER}/{METADATA_NAME}"
"""The metadata document in an export whose files have their paths as saved."""
FORMAT = 1
"""Increased when a reader of an older format would misread a newer one."""
SIZE_LIMIT = 64 * 1024 * 1024
"""In bytes; enough for some 200,000 members."""
ROLES = frozenset(Role)
MTIME_MIN, MTIME_MAX = -(1 << 63), (1 << 63) - 1
"""Of 64 bits, which databases store."""


class ChecksumManifestError(ValueError):
    """The manifest is unusable; the message is shown to the user."""

    code = "manifest_damaged"

    def __init__(self) -> None:
        super().__init__(
            sentence(
                "%(checksum_manifest_path)s in this ZIP is damaged. Export the session again, or remove "
                "that file to import the rest as a plain folder.",
                checksum_manifest_path=CHECKSUM_MANIFEST_PATH,
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class ChecksumEntry:
    """One member of an archive as it was exported."""

    path: str
    """The member's name."""
    size: int
    """In bytes."""
    sha256: str
    category: str = ""
    """"" for files that the portal generates, such as metadata.json."""
    language: str = ""
    origin: str = ""
    """The path as saved; "" where that equals `path`."""
    role: Role = Role.NONE
    labeled_by: LabelAuthor = LabelAuthor.RECOGNIZER
    is_executable: bool = False
    mtime_ns: int | None = None

    @property
    def saved_path(self) -> str:
        return self.origin or self.path


@dataclass(frozen=True, kw_only=True)
class ChecksumManifest:
    """Contents of an archive as it was exported."""

    members: Mapping[str, ChecksumEntry]
    """By the member's name."""
    empty_folders: tuple[str, ...] = ()
    """Paths as saved."""
    is_as_saved: bool = False
    """Whether the members are named by the paths as saved, not by those in the session's tree."""
    time_zone: str = "UTC"
    """Name of the zone of the timestamps in metadata.json."""


def render_checksum_manifest(
    members: Iterable[ChecksumEntry],
    *,
    session: str,
    version: int,
    saved_at: datetime,
    message: str,
    fingerprint: str,
    selection: Mapping[str, Any],
    empty_folders: Sequence[str] = (),
    time_zone: str = "UTC",
) -> bytearray:
    """Write the manifest. The same selection of a version always gives the same bytes.

    :param selection: the exported part of the version, as `Selection.as_dict`; empty for the whole version.
    :param time_zone: see `ChecksumManifest`.
    """
    document = {
        "format": FORMAT,
        "session": session,
        "version": version,
        "saved_at": saved_at.isoformat(),
        "message": message,
        "fingerprint": fingerprint,
        **({"selection": selection} if selection else {}),
        **({"empty_folders": list(empty_folders)} if empty_folders else {}),
        **({"time_zone": time_zone} if time_zone != "UTC" else {}),
    }
    text = json_lists.render_start(document)
    json_lists.add_list(text, "members", map(_render_member, members))
    json_lists.add_end(text)
    return text


def _render_member(member: ChecksumEntry) -> str:
    """Return the member as `json_lists.render_object` would, several times as fast."""
    quote = json_lists.quote
    facts = f',\n   "origin": {quote(member.origin)}' if member.origin else ""
    if member.role:
        facts += f',\n   "role": {quote(member.role.value)}'
    if member.labeled_by is not LabelAuthor.RECOGNIZER:
        facts += f',\n   "labeled_by": {quote(member.labeled_by.value)}'
    if member.is_executable:
        facts += ',\n   "executable": true'
    if member.mtime_ns is not None:
        facts += f',\n   "mtime_ns": {member.mtime_ns}'
    return (
        f'{{\n   "path": {quote(member.path)},\n   "size": {member.size},\n   "sha256": {quote(member.sha256)},'
        f'\n   "category": {quote(member.category)},\n   "language": {quote(member.language)}{facts}\n  }}'
    )


def parse_checksum_manifest(data: bytes) -> ChecksumManifest:
    """Read a manifest. Keys that a newer portal added are ignored.

    :raises ChecksumManifestError: the data is not a manifest as a portal writes it.
    """
    try:
        document = parse_json(data)
        members = [_parse_member(member) for member in document["members"]]
        folders = _parse_folders(document)
        layout = document.get("selection", {}).get("layout", "")
    except (JsonError, AttributeError, KeyError, TypeError):
        raise ChecksumManifestError from None
    return ChecksumManifest(
        members={member.path: member for member in members},
        empty_folders=folders,
        is_as_saved=layout == "saved",
        time_zone=str(document.get("time_zone") or "UTC"),
    )


def _parse_folders(document: Mapping[str, Any]) -> tuple[str, ...]:
    folders = document.get("empty_folders", [])
    if not all(isinstance(folder, str) for folder in folders):
        raise TypeError
    return tuple(folders)


def _parse_member(member: Any) -> ChecksumEntry:
    texts = [member["path"], member["sha256"]]
    texts += [member.get(key, "") for key in ("category", "language", "origin")]
    size = member["size"]
    if not all(isinstance(text, str) for text in texts) or not isinstance(size, int):
        raise TypeError
    path, sha256, category, language, origin = texts
    return ChecksumEntry(
        path=path,
        size=size,
        sha256=sha256,
        category=category,
        language=language,
        origin=origin,
        **parse_facts(member),
    )


def parse_facts(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return label facts, executable bit and time of a file in an untrusted list.

    A role that a newer portal added counts as none.

    :raises TypeError: a value has another type.
    """
    role, author = row.get("role", ""), row.get("labeled_by", LabelAuthor.RECOGNIZER.value)
    executable, mtime_ns = row.get("executable", False), row.get("mtime_ns")
    if not isinstance(role, str) or not isinstance(author, str) or not isinstance(executable, bool):
        raise TypeError
    if mtime_ns is not None and (type(mtime_ns) is not int or not MTIME_MIN <= mtime_ns <= MTIME_MAX):
        raise TypeError
    return {
        "role": Role(role) if role in ROLES else Role.NONE,
        "labeled_by": LabelAuthor.PERSON if author == LabelAuthor.PERSON else LabelAuthor.RECOGNIZER,
        "is_executable": executable,
        "mtime_ns": mtime_ns,
    }
