"""Files of a version, as its page lists them: folded, searched or filtered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from dubbing_core.categories import Category
from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.access import Action, can
from sessions_app.http.lookups import get_version_or_404
from sessions_app.models import Version
from sessions_app.queries.derivatives import MakeUrl, get_page_url
from sessions_app.queries.keyset import KeysetPage, Position
from sessions_app.queries.light_copies import get_light_copies
from sessions_app.queries.versions import (
    FILES_PER_PAGE,
    MAX_FOLDERS,
    CategorySummary,
    FileGroup,
    FileRow,
    find_files,
    get_file_groups,
    get_file_page,
    get_folders,
    summarize_categories,
)
from sessions_app.translation import localize
from sessions_app.views.page_view import SignedInRequest, page_view

BY_CATEGORY, BY_FOLDER, AS_LIST = "category", "folder", "list"
ARRANGEMENTS = {
    BY_CATEGORY: gettext_lazy("By category"),
    BY_FOLDER: gettext_lazy("By folder"),
    AS_LIST: gettext_lazy("List"),
}
COOKIE = "files_by"
COOKIE_AGE = 365 * 24 * 60 * 60
MAX_TEXT_LENGTH = 200
MAX_FOLDER_LENGTH = 1024
UNFOLDED_FILES = 24
"""Files that are shown at once; more are folded."""


@dataclass(frozen=True, kw_only=True)
class FoldedCategory:
    """A category whose files are unfolded on request."""

    summary: CategorySummary
    files: list[FileRow] | None
    """None if they are loaded when they are unfolded."""


@dataclass(frozen=True, kw_only=True)
class FileQuery:
    """What the address of a page selects."""

    category: str = ""
    language: str = ""
    is_empty: bool = False
    text: str = ""
    folder: str | None = None

    @classmethod
    def read(cls, values: Mapping[str, str], groups: list[FileGroup]) -> FileQuery:
        """Read the query of an address; invalid values are ignored."""
        category = values.get("category", "")
        category = category if category in set(Category) else ""
        language = values.get("language", "")
        language = language if language in {group.language for group in groups} else ""
        text = values.get("find", "").replace("\0", "").strip()[:MAX_TEXT_LENGTH]
        folder = values.get("folder", "")[:MAX_FOLDER_LENGTH].replace("\0", "")
        # The number of all empty files is stored, not that of a category.
        is_empty = "empty" in values and not (category or language or text)
        is_filtered = bool(category or language or text or is_empty)
        return cls(
            category=category,
            language=language,
            is_empty=is_empty,
            text=text,
            folder=f"{folder.rstrip('/')}/" if folder.strip("/") and not is_filtered else None,
        )

    @property
    def is_filtered(self) -> bool:
        return bool(self.category or self.language or self.is_empty or self.text)


@dataclass(frozen=True, kw_only=True)
class ListedFiles:
    """The files that a page lists: those of a version, or of a part of it."""

    version: Version
    selection: Selection = WHOLE_VERSION
    page_url: str
    list_url: str
    """Of the list alone."""
    make_media_url: MakeUrl

    @classmethod
    def of_version(cls, version: Version) -> ListedFiles:
        """Return all files of a version, for the page of its session."""
        session, address = version.session, [version.session.code, version.number]
        is_current = version.pk == session.current_id
        return cls(
            version=version,
            page_url=reverse("session-detail", args=[session.code])
            if is_current
            else reverse("version-detail", args=address),
            list_url=reverse("version-listing", args=address),
            make_media_url=partial(get_page_url, session.code),
        )

    @property
    def groups(self) -> list[FileGroup]:
        selected = self.selection
        return [
            group
            for group in get_file_groups(self.version)
            if selected.includes(group.category, group.language)
        ]


def build_listing(request: HttpRequest, listed: ListedFiles) -> dict[str, Any]:
    """Return the variables of the list.

    At most three queries, however many files there are.
    """
    listing = _list(request, listed)
    return listing | {"light_copies": get_light_copies(listing["files"].items, listed.make_media_url)}


def _list(request: HttpRequest, listed: ListedFiles) -> dict[str, Any]:
    groups = listed.groups
    query = FileQuery.read(request.GET, groups)
    arrangement = read_arrangement(request)
    total = sum(group.file_count for group in groups)
    listing: dict[str, Any] = {
        "here": listed.page_url,
        "listing": listed.list_url,
        "arrangement": arrangement,
        "arrangements": ARRANGEMENTS,
        "category": query.category,
        "language": query.language,
        "is_empty": query.is_empty,
        "find": query.text,
        "folder": query.folder or "",
        "is_filtered": query.is_filtered,
        "category_label": localize(Category(query.category).label) if query.category else "",
        "total_files": total,
        "total_size": sum(group.size for group in groups),
        "empty_count": 0 if listed.selection.is_partial else listed.version.empty_file_count,
        "listed_count": _count(listed, query, groups),
        "files": KeysetPage[FileRow](items=[]),
    }
    if query.is_filtered or (arrangement == AS_LIST and query.folder is None):
        return listing | {"files": _get_page(request, listed, query), "is_flat": True}
    if arrangement == BY_FOLDER or query.folder is not None:
        folders = get_folders(listed.version, query.folder or "", selection=listed.selection)
        return listing | {
            "folders": folders[:MAX_FOLDERS],
            "has_more_folders": len(folders) > MAX_FOLDERS,
            "files": _get_page(request, listed, query, folder=query.folder or ""),
            "arrangement": BY_FOLDER,
            "parents": list_parents(query.folder or ""),
        }
    if total > FILES_PER_PAGE:
        folded = _fold(listed, None)
        return listing | {"folded": folded, "is_unfolded": False}
    page = _get_page(request, listed, query)
    folded = _fold(listed, list(page.items))
    return listing | {"folded": folded, "files": page, "is_unfolded": total <= UNFOLDED_FILES}


def read_arrangement(request: HttpRequest) -> str:
    """Return how the user arranges files: by the address, else as last time."""
    for chosen in (request.GET.get("by", ""), request.COOKIES.get(COOKIE, "")):
        if chosen in ARRANGEMENTS:
            return chosen
    return BY_CATEGORY


def remember_arrangement(request: HttpRequest, response: HttpResponse) -> None:
    """Keep the arrangement that the address demands in a cookie."""
    if request.GET.get("by", "") in ARRANGEMENTS:
        response.set_cookie(
            COOKIE,
            request.GET["by"],
            max_age=COOKIE_AGE,
            secure=request.is_secure(),
            httponly=True,
            samesite="Lax",
        )


def list_parents(folder: str) -> list[tuple[str, str]]:
    """Return name and path of each folder on the way to one, itself included."""
    names = folder.rstrip("/").split("/") if folder else []
    return [(name, "/".join(names[: index + 1])) for index, name in enumerate(names)]


def _get_page(
    request: HttpRequest, listed: ListedFiles, query: FileQuery, *, folder: str | None = None
) -> KeysetPage[FileRow]:
    return get_file_page(
        listed.version,
        selection=listed.selection,
        category=query.category,
        language=query.language,
        is_empty=query.is_empty,
        text=query.text,
        folder=folder,
        position=Position.from_query(request.GET),
    )


def _count(listed: ListedFiles, query: FileQuery, groups: list[FileGroup]) -> int:
    """Return the number of listed files, from stored values unless a text is searched."""
    if query.text:
        rows = find_files(listed.version, text=query.text).selected(listed.selection)
        rows = rows.filter(category=query.category) if query.category else rows
        return (rows.filter(language=query.language) if query.language else rows).count()
    if query.is_empty:
        return listed.version.empty_file_count
    return sum(
        group.file_count
        for group in groups
        if query.category in {"", group.category} and query.language in {"", group.language}
    )


def _fold(listed: ListedFiles, files: list[FileRow] | None) -> list[FoldedCategory]:
    """Return the categories that have files."""
    order = [category.value for category in Category]
    rows = sorted(files or (), key=lambda file: order.index(file.category))
    by_category = {key: list(group) for key, group in groupby(rows, key=lambda file: file.category)}
    return [
        FoldedCategory(
            summary=summary,
            files=None if files is None else by_category.get(summary.category.value, []),
        )
        for summary in summarize_categories(listed.version, listed.selection)
        if summary.file_count
    ]


@require_safe
@page_view
def part(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Return the list alone, for the script of the page."""
    version = get_version_or_404(request.user, code, number)
    session = version.session
    is_current = version.pk == session.current_id
    context = {
        "session": session,
        "version": version,
        "is_editable": is_current and can(request.user, Action.EDIT, session),
    }
    return render_list(request, ListedFiles.of_version(version), context)


def render_list(request: HttpRequest, listed: ListedFiles, context: dict[str, Any]) -> HttpResponse:
    """Return the list alone, or only what is unfolded in it."""
    listing = build_listing(request, listed) | {"is_nested": "nested" in request.GET}
    response = render(request, "sessions/_file_list.html", context | listing)
    remember_arrangement(request, response)
    return response
