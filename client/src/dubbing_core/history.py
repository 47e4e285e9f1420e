"""History in an archive, `.dubbing/history.json`.

Every version up to the exported one. Files that only older versions contain are stored once each as
`.dubbing/blobs/<sha256>`. An import restores all versions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import attrgetter
from typing import Any

from dubbing_core import json_lists, metadata
from dubbing_core.categories import PRIVATE_FOLDER, Category, classify_path, is_placed
from dubbing_core.checksum_manifest import parse_facts
from dubbing_core.labels import Label, LabelAuthor, Role
from dubbing_core.languages import TAG_LENGTH_LIMIT
from dubbing_core.left_out import NOTHING_LEFT_OUT, LeftOut, parse_left_out
from dubbing_core.paths import PathError, normalize_path, parse_saved_path
from dubbing_core.sentences import sentence
from dubbing_core.strict_json import JsonError, parse_json
from dubbing_core.timestamps import parse_timestamp

HISTORY_PATH = f"{PRIVATE_FOLDER}/history.json"
BLOBS_FOLDER = f"{PRIVATE_FOLDER}/blobs/"
FORMAT = 2
"""Increased when a reader of an older format would misread a newer one. In format 1 paths are those of the session's tree."""
SIZE_LIMIT = 64 * 1024 * 1024
"""In bytes."""
VERSIONS_LIMIT = 10_000
MESSAGE_LIMIT = 500
"""In characters."""
SHA256_DIGITS = 64


class HistoryError(ValueError):
    """The history is unusable; the message is shown to the user."""

    code = "history_damaged"

    def __init__(self, problem: str = sentence("is damaged")) -> None:
        super().__init__(
            sentence(
                "%(history_path)s in this ZIP %(problem)s. Export the session again, or remove the folder "
                "%(private_folder)s to import its newest version alone.",
                history_path=HISTORY_PATH,
                problem=problem,
                private_folder=PRIVATE_FOLDER,
            )
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """A file at one path in the versions from `added_in` until before `removed_in`."""

    path: str
    """As saved."""
    sha256: str
    size: int
    """In bytes."""
    category: Category
    language: str
    added_in: int
    removed_in: int | None
    """None if the newest version contains it."""
    role: Role = Role.NONE
    labeled_by: LabelAuthor = LabelAuthor.RECOGNIZER
    is_executable: bool = False
    mtime_ns: int | None = None

    @property
    def label(self) -> Label:
        return Label(category=self.category, language=self.language, role=self.role)


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryVersion:
    """One version as the history records it."""

    number: int
    saved_at: datetime | None
    saved_by: str
    """Name of the account that saved it, on the portal where it was saved."""
    message: str
    restored_from: int | None
    document: Mapping[str, Any]
    """Its metadata document, with paths in the session's tree."""
    empty_folders: tuple[str, ...] = ()
    """Paths as saved."""
    left_out: LeftOut = NOTHING_LEFT_OUT


@dataclass(frozen=True, kw_only=True)
class History:
    """Versions of a session and their entries."""

    session: str
    versions: tuple[HistoryVersion, ...]
    """Numbered from 1 without gaps."""
    entries: tuple[HistoryEntry, ...]

    @property
    def newest(self) -> int:
        """Number of the newest version."""
        return len(self.versions)

    def find_older_blobs(self) -> dict[str, HistoryEntry]:
        """Return blobs that the newest version lacks, as `find_older_blobs` does."""
        return find_older_blobs(self.entries)

    def iter_states(self) -> Iterator[dict[str, HistoryEntry]]:
        """Yield the entries of each version by path, oldest version first."""
        added: dict[int, list[HistoryEntry]] = defaultdict(list)
        removed: dict[int, list[HistoryEntry]] = defaultdict(list)
        for entry in self.entries:
            added[entry.added_in].append(entry)
            if entry.removed_in is not None:
                removed[entry.removed_in].append(entry)
        state: dict[str, HistoryEntry] = {}
        for number in range(1, self.newest + 1):
            for entry in removed[number]:
                del state[entry.path]
            state.update({entry.path: entry for entry in added[number]})
            yield dict(state)


def blob_path(sha256: str) -> str:
    """Return the path in the archive of a blob that only older versions contain."""
    return BLOBS_FOLDER + sha256


def find_older_blobs(entries: Iterable[HistoryEntry]) -> dict[str, HistoryEntry]:
    """Return blobs that the newest version lacks: SHA-256 and one entry for each.

    In the order of the entries, so sorted by path and first version.
    """
    entries = list(entries)
    current = {entry.sha256 for entry in entries if entry.removed_in is None}
    older: dict[str, HistoryEntry] = {}
    for entry in entries:
        if entry.sha256 not in current:
            older.setdefault(entry.sha256, entry)
    return older


def render_history(
    session: str, versions: Iterable[HistoryVersion], entries: Iterable[HistoryEntry]
) -> bytearray:
    """Write the history. The same versions always give the same bytes.

    :param versions: oldest first.
    """
    text = json_lists.render_start({"format": FORMAT, "session": session})
    json_lists.add_list(text, "versions", map(_render_version, versions))
    ordered = sorted(entries, key=attrgetter("path", "added_in"))
    json_lists.add_list(text, "entries", map(_render_entry, ordered))
    json_lists.add_end(text)
    return text


def _render_version(version: HistoryVersion) -> str:
    fields = {
        "number": version.number,
        "saved_at": version.saved_at.isoformat() if version.saved_at else None,
        "saved_by": version.saved_by,
        "message": version.message,
        "restored_from": version.restored_from,
        "metadata": version.document,
        **({"empty_folders": list(version.empty_folders)} if version.empty_folders else {}),
        **({"left_out": version.left_out.as_json()} if version.left_out.count else {}),
    }
    return json_lists.render_object(fields)


def _render_entry(entry: HistoryEntry) -> str:
    """Return the entry as `json_lists.render_object` would, several times as fast."""
    quote = json_lists.quote
    removed_in = "null" if entry.removed_in is None else entry.removed_in
    facts = f',\n   "role": {quote(entry.role.value)}' if entry.role else ""
    if entry.labeled_by is not LabelAuthor.RECOGNIZER:
        facts += f',\n   "labeled_by": {quote(entry.labeled_by.value)}'
    if entry.is_executable:
        facts += ',\n   "executable": true'
    if entry.mtime_ns is not None:
        facts += f',\n   "mtime_ns": {entry.mtime_ns}'
    return (
        f'{{\n   "path": {quote(entry.path)},\n   "size": {entry.size},\n   "sha256": {quote(entry.sha256)},'
        f'\n   "category": {quote(entry.category.value)},\n   "language": {quote(entry.language)},'
        f'\n   "added_in": {entry.added_in},\n   "removed_in": {removed_in}{facts}\n  }}'
    )


def parse_history(data: bytes) -> History:
    """Read and validate an untrusted history.

    Keys that a newer portal added are ignored.

    :raises HistoryError: the data is not a history as a portal writes it.
    """
    try:
        document = parse_json(data)
        if document["format"] > FORMAT:
            raise HistoryError(sentence("was written by a newer portal than this one"))
        parse_entry = _parse_entry if document["format"] > 1 else _parse_first_format
        versions = tuple(_parse_version(version) for version in document["versions"])
        entries = tuple(parse_entry(entry) for entry in document["entries"])
        session = document["session"]
    except (
        JsonError,
        metadata.MetadataError,
        PathError,
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
    ) as error:
        if isinstance(error, HistoryError):
            raise
        raise HistoryError from error
    if not isinstance(session, str) or not 0 < len(versions) <= VERSIONS_LIMIT:
        raise HistoryError
    if [version.number for version in versions] != list(range(1, len(versions) + 1)):
        raise HistoryError
    if any((version.restored_from or 0) >= version.number for version in versions):
        raise HistoryError
    _check_spans(entries, newest=len(versions))
    return History(session=session, versions=versions, entries=entries)


def _check_spans(entries: Sequence[HistoryEntry], *, newest: int) -> None:
    """Refuse two files at one path in one version, and unknown versions."""
    for entry in entries:
        last = entry.removed_in if entry.removed_in is not None else newest + 1
        if not 1 <= entry.added_in < last <= newest + (entry.removed_in is None):
            raise HistoryError
    ordered = sorted(entries, key=lambda entry: (entry.path, entry.added_in))
    for earlier, later in pairwise(ordered):
        if earlier.path == later.path and (earlier.removed_in is None or earlier.removed_in > later.added_in):
            raise HistoryError


def _parse_version(row: Any) -> HistoryVersion:
    number, restored_from = row["number"], row.get("restored_from")
    message, saved_by, saved_at = row.get("message", ""), row.get("saved_by", ""), row.get("saved_at")
    folders = row.get("empty_folders", [])
    if not _is_number(number) or not (
        restored_from is None or (_is_number(restored_from) and restored_from > 0)
    ):
        raise HistoryError
    if not isinstance(message, str) or not isinstance(saved_by, str):
        raise HistoryError
    if any(parse_saved_path(folder) != folder for folder in folders):
        raise HistoryError
    return HistoryVersion(
        number=number,
        saved_at=parse_timestamp(saved_at) if saved_at is not None else None,
        saved_by=saved_by[:MESSAGE_LIMIT],
        message=message[:MESSAGE_LIMIT],
        restored_from=restored_from,
        document=metadata.relativize_paths(metadata.check_document(row["metadata"])),
        empty_folders=tuple(folders),
        left_out=parse_left_out(row.get("left_out", {})),
    )


def _parse_first_format(row: Any) -> HistoryEntry:
    """Read an entry of format 1, whose origin is the path as saved."""
    path, origin = row["path"], row.get("origin", "")
    if normalize_path(path) != path or not is_placed(path):
        raise HistoryError
    return _parse_entry({**row, "path": origin or path, "category": classify_path(path).value})


def _parse_entry(row: Any) -> HistoryEntry:
    path, sha256, language = row["path"], row["sha256"], row.get("language", "")
    size, added_in, removed_in = row["size"], row["added_in"], row.get("removed_in")
    if parse_saved_path(path) != path:
        raise HistoryError
    if len(sha256) != SHA256_DIGITS or not set(sha256) <= set("0123456789abcdef"):
        raise HistoryError
    if not isinstance(language, str) or len(language) > TAG_LENGTH_LIMIT:
        raise HistoryError
    numbers = (size, added_in, *(() if removed_in is None else (removed_in,)))
    if not all(map(_is_number, numbers)) or size < 0:
        raise HistoryError
    return HistoryEntry(
        path=path,
        sha256=sha256,
        size=size,
        category=Category(row["category"]),
        language=language,
        added_in=added_in,
        removed_in=removed_in,
        **parse_facts(row),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
