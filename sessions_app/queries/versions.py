"""One version as its page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Sum

from dubbing_core.categories import Category
from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.models import Blob, DubbingSession, Entry, Version
from sessions_app.models.entry import EntryQuerySet

FILES_A_PAGE = 200
BATCH = 500
"""Variables of a statement, which databases limit."""


@dataclass(frozen=True, kw_only=True)
class FileGroup:
    """The files of one category and language."""

    category: Category
    language: str
    """A BCP 47 tag, or "" for files that belong to none."""
    file_count: int
    size: int
    """In bytes."""


@dataclass(frozen=True, kw_only=True)
class CategorySummary:
    category: Category
    file_count: int
    size: int
    """In bytes."""


def get_file_groups(version: Version) -> list[FileGroup]:
    """Count files and bytes by category and language, in the order of the pipeline."""
    rows = (
        get_entries(version)
        .values_list("category", "language")
        .annotate(files=Count("pk"), size=Sum("blob__size"))
    )
    order = list(Category)
    parts = [
        FileGroup(category=Category(category), language=language, file_count=files, size=size or 0)
        for category, language, files, size in rows
    ]
    return sorted(parts, key=lambda part: (order.index(part.category), part.language))


def summarize_categories(version: Version, selection: Selection = WHOLE_VERSION) -> list[CategorySummary]:
    """Count files and bytes of every category, those without files too, in the order of the pipeline."""
    parts = [part for part in get_file_groups(version) if selection.includes(part.category, part.language)]
    return [
        CategorySummary(
            category=category,
            file_count=sum(part.file_count for part in parts if part.category is category),
            size=sum(part.size for part in parts if part.category is category),
        )
        for category in Category
    ]


def has_selected_files(version: Version, selection: Selection) -> bool:
    """Whether the version holds any file that is selected."""
    return get_entries(version).selected(selection).exists()


def get_file_page(
    version: Version, *, page: str | int, category: str = "", selection: Selection = WHOLE_VERSION
) -> Page[Entry]:
    """Return one page of the version's files by path, of one category or of all ("")."""
    rows = get_entries(version).selected(selection).select_related("blob")
    if category:
        rows = rows.filter(category=category)
    return Paginator(rows.order_by("path"), FILES_A_PAGE).get_page(page)


def find_entry(version: Version, path: str) -> Entry | None:
    if "\0" in path:  # which no database compares with
        return None
    return get_entries(version).filter(path=path).select_related("blob").first()


def find_blobs(version: Version, paths: Sequence[str]) -> dict[str, Blob]:
    """Return the blobs of those paths that the version has."""
    wanted = sorted({path for path in paths if "\0" not in path})
    found: dict[str, Blob] = {}
    for start in range(0, len(wanted), BATCH):
        rows = get_entries(version).filter(path__in=wanted[start : start + BATCH]).select_related("blob")
        found |= {row.path: row.blob for row in rows}
    return found


def get_versions(session: DubbingSession) -> list[Version]:
    return list(
        Version.objects.filter(session=session)
        .select_related("created_by")
        .defer("document")
        .order_by("-number")
    )


def get_entries(version: Version) -> EntryQuerySet:
    return Entry.objects.filter(session_id=version.session_id).at(version.number)
