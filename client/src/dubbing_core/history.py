"""An export's `.dubbing/history.json`: every version up to the exported one, so that an archive brings all of them back.

Files that the exported version itself does not hold lie beside it, once each, as `.dubbing/blobs/<sha256>`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from itertools import pairwise
from typing import Any

from dubbing_core import metadata
from dubbing_core.categories import PRIVATE_FOLDER, Category, classify_path, is_placed
from dubbing_core.languages import TAG_LENGTH_LIMIT
from dubbing_core.paths import PathError, normalize_path
from dubbing_core.strict_json import JsonError, parse_json

HISTORY_PATH = f"{PRIVATE_FOLDER}/history.json"
BLOBS_FOLDER = f"{PRIVATE_FOLDER}/blobs/"
FORMAT = 1
"""Raised when a reader of an older format would misread a newer one."""
SIZE_LIMIT = 64 * 1024 * 1024
"""In bytes."""
VERSIONS_LIMIT = 10_000
MESSAGE_LIMIT = 500
"""In characters."""
SHA256_DIGITS = 64


class HistoryError(ValueError):
    """A history that cannot be used. Its message is a sentence for the person who brought the archive."""

    code = "history_damaged"

    def __init__(self, problem: str = "is damaged") -> None:
        super().__init__(
            f"{HISTORY_PATH} in this ZIP {problem}. Export the session again, or remove the folder {PRIVATE_FOLDER} to import"
            " its newest version alone."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryEntry:
    """A path that held a blob from one version until before another."""

    path: str
    sha256: str
    size: int
    """In bytes."""
    category: Category
    language: str
    added_in: int
    removed_in: int | None
    """None while the newest version still has it."""
    origin: str = ""
    """Where it lay in the folder that it was saved from; "" where that is `path`."""

    def is_in(self, number: int) -> bool:
        return self.added_in <= number and (self.removed_in is None or number < self.removed_in)


@dataclass(frozen=True, kw_only=True, slots=True)
class HistoryVersion:
    number: int
    saved_at: datetime | None
    saved_by: str
    """Who saved it, by the name they had where it was saved."""
    message: str
    restored_from: int | None
    document: Mapping[str, Any]
    """Its metadata.json, paths relative."""


@dataclass(frozen=True, kw_only=True)
class History:
    session: str
    versions: tuple[HistoryVersion, ...]
    """Numbered from 1, without a gap."""
    entries: tuple[HistoryEntry, ...]

    @property
    def newest(self) -> int:
        return len(self.versions)

    def find_older_blobs(self) -> dict[str, HistoryEntry]:
        """What the newest version does not hold, by SHA-256: an entry for each blob, in order of path and version."""
        now_held = {entry.sha256 for entry in self.entries if entry.removed_in is None}
        older: dict[str, HistoryEntry] = {}
        for entry in self.entries:
            if entry.sha256 not in now_held:
                older.setdefault(entry.sha256, entry)
        return older

    def iter_states(self) -> Iterator[dict[str, HistoryEntry]]:
        """Yield what each version holds by path, the first version first; each is the caller's to keep."""
        arriving: dict[int, list[HistoryEntry]] = defaultdict(list)
        leaving: dict[int, list[HistoryEntry]] = defaultdict(list)
        for entry in self.entries:
            arriving[entry.added_in].append(entry)
            if entry.removed_in is not None:
                leaving[entry.removed_in].append(entry)
        state: dict[str, HistoryEntry] = {}
        for number in range(1, self.newest + 1):
            for entry in leaving[number]:
                del state[entry.path]
            state.update({entry.path: entry for entry in arriving[number]})
            yield dict(state)


def blob_path(sha256: str) -> str:
    """Where a blob lies in the archive that the exported version does not hold."""
    return BLOBS_FOLDER + sha256


def render_history(history: History) -> bytes:
    """Write the history: the same versions always give the same bytes."""
    document = {
        "format": FORMAT,
        "session": history.session,
        "versions": [
            {
                "number": version.number,
                "saved_at": version.saved_at.isoformat() if version.saved_at else None,
                "saved_by": version.saved_by,
                "message": version.message,
                "restored_from": version.restored_from,
                "metadata": version.document,
            }
            for version in history.versions
        ],
        "entries": [
            {
                "path": entry.path,
                "size": entry.size,
                "sha256": entry.sha256,
                "category": entry.category.value,
                "language": entry.language,
                "added_in": entry.added_in,
                "removed_in": entry.removed_in,
                **({"origin": entry.origin} if entry.origin else {}),
            }
            for entry in sorted(history.entries, key=lambda entry: (entry.path, entry.added_in))
        ],
    }
    return json.dumps(document, ensure_ascii=False, allow_nan=False, indent=1).encode()


def parse_history(data: bytes) -> History:
    """Read a history from anywhere, and trust nothing in it. Keys that a newer portal added are passed over.

    :raises HistoryError: it is not what a portal writes.
    """
    try:
        told = parse_json(data)
        if told["format"] > FORMAT:
            raise HistoryError("was written by a newer portal than this one")
        versions = tuple(_version(version) for version in told["versions"])
        entries = tuple(_entry(entry) for entry in told["entries"])
        session = told["session"]
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
    """Refuse a path that holds two blobs at once, or any in a version that there is not."""
    for entry in entries:
        last = entry.removed_in if entry.removed_in is not None else newest + 1
        if not 1 <= entry.added_in < last <= newest + (entry.removed_in is None):
            raise HistoryError
    ordered = sorted(entries, key=lambda entry: (entry.path, entry.added_in))
    for before, after in pairwise(ordered):
        if before.path == after.path and (before.removed_in is None or before.removed_in > after.added_in):
            raise HistoryError


def _version(told: Any) -> HistoryVersion:
    number, restored_from = told["number"], told.get("restored_from")
    message, saved_by = told.get("message", ""), told.get("saved_by", "")
    if not _is_number(number) or not (
        restored_from is None or (_is_number(restored_from) and restored_from > 0)
    ):
        raise HistoryError
    if not isinstance(message, str) or not isinstance(saved_by, str):
        raise HistoryError
    return HistoryVersion(
        number=number,
        saved_at=_moment(told.get("saved_at")),
        saved_by=saved_by[:MESSAGE_LIMIT],
        message=message[:MESSAGE_LIMIT],
        restored_from=restored_from,
        document=metadata.relativize_paths(metadata.check_document(told["metadata"])),
    )


def _entry(told: Any) -> HistoryEntry:
    path, sha256, language = told["path"], told["sha256"], told.get("language", "")
    origin = told.get("origin", "")
    size, added_in, removed_in = told["size"], told["added_in"], told.get("removed_in")
    if normalize_path(path) != path or not is_placed(path):
        raise HistoryError
    if origin and normalize_path(origin) != origin:
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
        category=classify_path(path),
        language=language,
        added_in=added_in,
        removed_in=removed_in,
        origin=origin,
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _moment(text: Any) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
