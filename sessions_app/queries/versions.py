"""One version as its page shows it."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.db.models import Count, Sum

from sessions_app.domain.categories import Category
from sessions_app.models import DubbingSession, Entry, Version

FILES_A_PAGE = 200


@dataclass(frozen=True, kw_only=True)
class CategorySummary:
    category: Category
    file_count: int
    size: int
    """In bytes."""


def summary_of(version: Version) -> list[CategorySummary]:
    """Count files and bytes of every category, those without files too, in the order of the pipeline."""
    rows = (
        Entry.objects.filter(session_id=version.session_id)
        .at(version.number)
        .values_list("category")
        .annotate(files=Count("pk"), size=Sum("blob__size"))
    )
    found = {category: (files, size) for category, files, size in rows}
    return [
        CategorySummary(category=category, file_count=files, size=size or 0)
        for category in Category
        for files, size in [found.get(category.value, (0, 0))]
    ]


def files_of(version: Version, *, category: str, page: str | int) -> Page[Entry]:
    """Return one page of the version's files by path, of one category or of all ("")."""
    rows = Entry.objects.filter(session_id=version.session_id).at(version.number).select_related("blob")
    if category:
        rows = rows.filter(category=category)
    return Paginator(rows.order_by("path"), FILES_A_PAGE).get_page(page)


def file_at(version: Version, path: str) -> Entry | None:
    if "\0" in path:  # which no database compares with
        return None
    rows = Entry.objects.filter(session_id=version.session_id, path=path).at(version.number)
    return rows.select_related("blob").first()


def versions_of(session: DubbingSession) -> list[Version]:
    return list(
        Version.objects.filter(session=session)
        .select_related("created_by")
        .defer("document")
        .order_by("-number")
    )
