"""Files of a version: groups, pages, single entries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import F, QuerySet

from dubbing_core.categories import Category
from dubbing_core.labels import LabelAuthor
from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.models import Blob, DubbingSession, Entry, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.models.entry import EntryQuerySet
from sessions_app.queries.keyset import KeysetPage, Order, Position, get_keyset_page

FILES_PER_PAGE = 100
VERSIONS_PER_PAGE = 50
NEARBY_VERSIONS = 10
"""Versions on the page of a session."""
LIST_COLUMNS = (
    "session_id",
    "number",
    "created_at",
    "created_by__username",
    "original_author",
    "message",
    "changes",
    "left_out",
    "file_count",
    "stored_size",
)
"""Columns that lists of versions show."""
BY_PATH = Order(field="path", kind=str)
NEWEST_FIRST = Order(field="number", kind=int, is_descending=True)


@dataclass(frozen=True, kw_only=True)
class FileGroup:
    """The files of one category and language."""

    category: Category
    language: str
    """BCP 47 tag; "" for files without a language."""
    file_count: int
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class CategorySummary:
    category: Category
    file_count: int
    size: int
    """In bytes."""


class FileRow(NamedTuple):
    """A file in a list: rows of models take more than twice the time."""

    pk: int
    path: str
    category: str
    language: str
    added_in: int
    sha256: str
    size: int
    """In bytes."""
    role: str = ""
    labeled_by: str = LabelAuthor.RECOGNIZER.value
    reason: str | None = None
    """Why its text could not be read."""


def get_file_groups(version: Version) -> list[FileGroup]:
    """Return files and bytes by category and language, in the order of the pipeline."""
    order = list(Category)
    groups = [
        FileGroup(category=Category(category), language=language, file_count=files, size=size)
        for category, language, files, size in version.file_groups
    ]
    return sorted(groups, key=lambda group: (order.index(group.category), group.language))


def summarize_categories(version: Version, selection: Selection = WHOLE_VERSION) -> list[CategorySummary]:
    """Count files and bytes of every category, in the order of the pipeline.

    Empty categories are included.
    """
    groups = [
        group for group in get_file_groups(version) if selection.includes(group.category, group.language)
    ]
    return [
        CategorySummary(
            category=category,
            file_count=sum(group.file_count for group in groups if group.category is category),
            size=sum(group.size for group in groups if group.category is category),
        )
        for category in Category
    ]


def has_selected_files(version: Version, selection: Selection) -> bool:
    """Return whether the selection includes any file of the version."""
    return any(selection.includes(group.category, group.language) for group in get_file_groups(version))


def get_file_page(
    version: Version,
    *,
    position: Position,
    category: str = "",
    language: str = "",
    is_empty: bool = False,
    selection: Selection = WHOLE_VERSION,
) -> KeysetPage[FileRow]:
    """Return one page of the version's selected files by path.

    :param category: the files of one category; those of all if "".
    :param language: the files labeled with one language; those of all, and of none, if "".
    :param is_empty: only files without bytes.
    """
    rows = get_entries(version).files().selected(selection)
    if is_empty:
        rows = rows.filter(blob__size=0)
    if category:
        rows = rows.filter(category=category)
    if language:
        rows = rows.filter(language=language)
    columns: Any = rows.annotate(
        sha256=F("blob__sha256"), size=F("blob__size"), reason=F("blob__timeline__reason")
    ).values_list(*FileRow._fields, named=True)
    return get_keyset_page(columns, order=BY_PATH, size=FILES_PER_PAGE, position=position)


def find_entry(version: Version, path: str) -> Entry | None:
    if "\0" in path:  # not a valid text in PostgreSQL
        return None
    return get_entries(version).filter(path=path).select_related("blob").first()


def list_paths(version: Version, *, category: str = "") -> list[str]:
    """Return the paths of the version's files, or of those of one category."""
    rows = get_entries(version).files()
    if category:
        rows = rows.filter(category=category)
    return list(rows.values_list("path", flat=True))


def find_blobs(version: Version, paths: Sequence[str]) -> dict[str, Blob]:
    """Return the blobs by path.

    Paths that the version does not have are omitted.
    """
    valid = sorted({path for path in paths if "\0" not in path})
    blobs: dict[str, Blob] = {}
    for start in range(0, len(valid), ROWS_PER_STATEMENT):
        rows = (
            get_entries(version)
            .filter(path__in=valid[start : start + ROWS_PER_STATEMENT])
            .select_related("blob")
        )
        blobs |= {row.path: row.blob for row in rows}
    return blobs


def get_nearby_versions(session: DubbingSession, shown: Version) -> list[Version]:
    """Return the newest versions, newest first; around the shown one if it is older."""
    rows = _versions(session)
    if session.current and shown.number <= session.current.number - NEARBY_VERSIONS:
        rows = rows.filter(number__lte=shown.number + NEARBY_VERSIONS // 2)
    return list(NEWEST_FIRST.sort(rows)[:NEARBY_VERSIONS])


def get_version_page(session: DubbingSession, position: Position) -> KeysetPage[Version]:
    """Return one page of the session's versions, newest first."""
    return get_keyset_page(_versions(session), order=NEWEST_FIRST, size=VERSIONS_PER_PAGE, position=position)


def _versions(session: DubbingSession) -> QuerySet[Version]:
    return Version.objects.filter(session=session).select_related("created_by").only(*LIST_COLUMNS)


def get_entries(version: Version) -> EntryQuerySet:
    return Entry.objects.filter(session_id=version.session_id).at(version.number)
