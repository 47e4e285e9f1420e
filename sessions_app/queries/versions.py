"""Files of a version: groups, pages, single entries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.db.models import BooleanField, Case, Count, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Left, StrIndex, Substr

from dubbing_core.categories import Category
from dubbing_core.labels import LabelAuthor
from dubbing_core.media_facts import MediaFacts
from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.models import Blob, Entry, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.models.compiled_query import compiled_unprepared
from sessions_app.models.entry import EntryQuerySet
from sessions_app.queries.keyset import KeysetPage, Order, Position, get_first_rows, get_keyset_page

FILES_PER_PAGE = 100
MAX_FOLDERS = 500
"""Folders that a page lists; the search finds files in all."""
MAX_GROUPED = 4 * MAX_FOLDERS
"""Folders, by category and language, that are summed by the stored totals."""
BY_PATH = Order(field="path", kind=str)


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
    container: str | None = None
    duration_ms: int | None = None
    video_codec: str | None = None
    pixel_format: str | None = None
    width: int | None = None
    height: int | None = None
    audio_codec: str | None = None
    media_reason: str | None = None
    """Why it could not be read as audio or video."""
    media_problem: str | None = None
    """What is wrong with readable audio or video."""


def get_row_facts(file: FileRow) -> MediaFacts:
    """Return the facts of a listed file, as far as lists need them."""
    return MediaFacts(
        container=file.container or "",
        duration_ms=file.duration_ms,
        video_codec=file.video_codec or "",
        pixel_format=file.pixel_format or "",
        width=file.width or 0,
        height=file.height or 0,
        audio_codec=file.audio_codec or "",
        reason=file.media_reason or "",
        problem=file.media_problem or "",
    )


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
    text: str = "",
    folder: str | None = None,
    selection: Selection = WHOLE_VERSION,
) -> KeysetPage[FileRow]:
    """Return one page of the version's selected files by path.

    :param category: the files of one category; those of all if "".
    :param language: the files labeled with one language; those of all, and of none, if "".
    :param is_empty: only files without bytes.
    :param text: words that the path contains, in any order and case.
    :param folder: only the files directly in this folder, see `list_folders`.
    """
    is_whole = selection is WHOLE_VERSION and position == Position() and folder is None
    if is_whole and not (category or language or is_empty or text):
        first = _find_first_files(version.session_id, version.number)
        return get_first_rows(first, order=BY_PATH, size=FILES_PER_PAGE)
    rows: Any = find_files(version, text=text).selected(selection)
    if folder is not None:
        # PostgreSQL takes half of the files for those of a condition in a CASE. Of the condition alone it expects one, which it would
        # sort after it has read all of them.
        is_inside = Q(slash=0, start=folder) if folder else Q(slash=0)
        rows = _locate(rows, folder).filter(
            Case(When(is_inside, then=Value(True)), default=Value(False), output_field=BooleanField())
        )
    if is_empty:
        rows = rows.filter(blob__size=0)
    if category:
        rows = rows.filter(category=category)
    if language:
        rows = rows.filter(language=language)
    return get_keyset_page(_show_files(rows), order=BY_PATH, size=FILES_PER_PAGE, position=position)


@compiled_unprepared
def _find_first_files(session_id: int, number: int) -> QuerySet[Entry, Any]:
    rows: Any = _show_files(list_entries(session_id, number).files())
    return cast(QuerySet[Entry, Any], BY_PATH.sort(rows)[: FILES_PER_PAGE + 1])


def _show_files(rows: Any) -> Any:
    return rows.annotate(
        sha256=F("blob__sha256"),
        size=F("blob__size"),
        reason=F("blob__timeline__reason"),
        container=F("blob__media__container"),
        duration_ms=F("blob__media__duration_ms"),
        video_codec=F("blob__media__video_codec"),
        pixel_format=F("blob__media__pixel_format"),
        width=F("blob__media__width"),
        height=F("blob__media__height"),
        audio_codec=F("blob__media__audio_codec"),
        media_reason=F("blob__media__reason"),
        media_problem=F("blob__media__problem"),
    ).values_list(*FileRow._fields, named=True)


def find_files(version: Version, *, text: str = "") -> EntryQuerySet:
    """Return the version's files whose path contains all words of the text."""
    rows = get_entries(version).files()
    for word in text.replace("\0", " ").split():
        rows = rows.filter(path__icontains=word)
    return rows


class FolderSummary(NamedTuple):
    """A folder of a version, with everything below it."""

    path: str
    """With a slash at the end."""
    file_count: int
    size: int
    """In bytes."""

    @property
    def name(self) -> str:
        return self.path.rstrip("/").rpartition("/")[2]


def get_folders(version: Version, folder: str, *, selection: Selection) -> list[FolderSummary]:
    """Return the same as `list_folders`.

    Those of a whole version are computed once per process: versions never change, and all files below the folders are counted.
    """
    if selection is not WHOLE_VERSION:
        return list_folders(version, folder, selection=selection)
    return list(_list_all_folders(version.session.code, version.number, folder))


@lru_cache(maxsize=128)
def _list_all_folders(code: UUID, number: int, folder: str) -> tuple[FolderSummary, ...]:
    return tuple(list_folders(Version.objects.get(session__code=code, number=number), folder))


def list_folders(
    version: Version, folder: str = "", *, selection: Selection = WHOLE_VERSION
) -> list[FolderSummary]:
    """Return the folders directly in a folder, by path.

    At most one more than `MAX_FOLDERS`, by one or two queries however many files are in them.

    :param folder: with a slash at the end; "" for the folder that was saved.
    """
    rows = get_entries(version).files().selected(selection)
    if selection is WHOLE_VERSION and (found := _sum_by_groups(version, rows, folder)) is not None:
        return found
    heads: Any = (
        _in_folder(rows, folder)
        .filter(slash__gt=0)
        .annotate(head=Left("path", F("slash") + len(folder)))
        .values("head")
        .annotate(count=Count("pk"), bytes=Sum("blob__size"))
        .order_by("head")
        .values_list("head", "count", "bytes")
    )
    return [FolderSummary(*row) for row in heads[: MAX_FOLDERS + 1]]


def _sum_by_groups(version: Version, rows: EntryQuerySet, folder: str) -> list[FolderSummary] | None:
    """Return the folders in a folder with sizes from stored totals.

    The totals are those of categories and languages.

    Most folders have all files of a category and language, whose sizes then need not be read: that is half of the work. Where several
    folders share them, the largest gets what remains after the others.

    :returns: None if there are too many folders, or the totals are of other files.
    """
    heads: Any = (
        _with_head(rows, folder).values_list("head", "category", "language").annotate(count=Count("pk"))
    )
    counts: dict[tuple[str, str], dict[str, int]] = {}
    found = list(heads.order_by("head")[: MAX_GROUPED + 1])
    for head, category, language, count in found:
        counts.setdefault((category, language), {})[head] = count
    totals = {(group.category.value, group.language): group for group in get_file_groups(version)}
    if len(found) > MAX_GROUPED or any(
        label not in totals or totals[label].file_count != sum(by_head.values())
        for label, by_head in counts.items()
    ):
        return None
    largest = {label: max(by_head, key=lambda head: by_head[head]) for label, by_head in counts.items()}
    others = {head for label, by_head in counts.items() for head in by_head if head != largest[label]}
    sizes = _sum_sizes(rows, folder, others)
    summaries: dict[str, list[int]] = {}
    for label, by_head in counts.items():
        rest = totals[label].size - sum(sizes[head, *label] for head in by_head if head != largest[label])
        for head, count in by_head.items():
            summary = summaries.setdefault(head, [0, 0])
            summary[0] += count
            summary[1] += rest if head == largest[label] else sizes[head, *label]
    summaries.pop("", None)
    return [FolderSummary(head, *summaries[head]) for head in sorted(summaries)][: MAX_FOLDERS + 1]


def _sum_sizes(rows: EntryQuerySet, folder: str, heads: Collection[str]) -> dict[tuple[str, str, str], int]:
    """Return the bytes of some folders by folder, category and language."""
    if not heads:
        return {}
    found: Any = _with_head(rows, folder).filter(head__in=heads).values_list("head", "category", "language")
    return {tuple(key): size for *key, size in found.annotate(bytes=Sum("blob__size")).order_by()}


def _with_head(rows: EntryQuerySet, folder: str) -> Any:
    """Annotate entries with `head`: the folder directly in a folder, or ""."""
    inside = Q(slash__gt=0) & (Q(start=folder) if folder else Q())
    head = Case(When(inside, then=Left("path", F("slash") + len(folder))), default=Value(""))
    return _locate(rows, folder).annotate(head=head).values("head")


def _in_folder(rows: EntryQuerySet, folder: str) -> Any:
    """Return the entries below a folder.

    With `slash`, the position of the next slash in the rest of their path; 0 without one.
    """
    located = _locate(rows, folder)
    return located.filter(start=folder) if folder else located


def _locate(rows: EntryQuerySet, folder: str) -> Any:
    """Annotate entries with `slash`, and in a folder with `start`.

    That is the folder for the entries below it.
    """
    if not folder:
        return rows.annotate(slash=StrIndex("path", Value("/")))
    # LIKE ignores case in SQLite, so the beginning of the path is compared as well.
    rest = Substr("path", len(folder) + 1)
    return rows.annotate(slash=StrIndex(rest, Value("/")), start=Left("path", len(folder)))


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


def get_entries(version: Version) -> EntryQuerySet:
    return list_entries(version.session_id, version.number)


def list_entries(session_id: int, number: int) -> EntryQuerySet:
    """Return the entries of a version, as queries that are compiled once need it."""
    return Entry.objects.filter(session_id=session_id).at(number)
