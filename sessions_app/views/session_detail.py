"""Page of one session."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dubbing_core.categories import Category
from dubbing_core.project_edits import read_edits
from sessions_app.access import Action, can
from sessions_app.http.lookups import get_documented_session_or_404, get_session_or_404
from sessions_app.models import Version
from sessions_app.operations.sessions.last_accessed import record_access
from sessions_app.queries.exports import get_ready_exports
from sessions_app.queries.jobs import get_recent_jobs
from sessions_app.queries.keyset import Position
from sessions_app.queries.timelines import may_have_texts
from sessions_app.queries.versions import (
    get_file_groups,
    get_file_page,
    get_nearby_versions,
    get_version_page,
    summarize_categories,
)
from sessions_app.views.page_view import SignedInRequest, page_view


@require_safe
@page_view
def detail(request: SignedInRequest, code: UUID, number: int | None = None) -> HttpResponse:
    """Show the current version, or version ``number``."""
    now = timezone.now()
    if number is None:
        session = get_documented_session_or_404(request.user, code)
        version = session.current
    else:
        session = get_session_or_404(request.user, code)
        version = get_object_or_404(
            Version.objects.select_related("created_by"), session=session, number=number
        )
    accessed = session.last_accessed
    record_access(session=session, now=now)
    context = {"session": session, "accessed": accessed, "jobs": get_recent_jobs(request.user, session)}
    if version is None:
        return render(request, "sessions/empty.html", context)
    category = request.GET.get("category", "")
    category = category if category in set(Category) else ""
    language = request.GET.get("language", "")
    groups = get_file_groups(version)
    language = language if language in {group.language for group in groups} else ""
    # The number of all empty files is stored, not that of a category.
    is_empty = "empty" in request.GET and not category and not language
    document = version.complete_metadata
    summary = summarize_categories(version)
    context |= {
        "version": version,
        "is_current": version.pk == session.current_id,
        "is_editable": version.pk == session.current_id and can(request.user, Action.EDIT, session),
        "edits": read_edits(document),
        "versions": get_nearby_versions(session, version),
        "summary": summary,
        "matrix": version.progress_matrix,
        "is_empty": is_empty,
        "listed_count": version.empty_file_count
        if is_empty
        else sum(
            group.file_count
            for group in groups
            if category in {"", group.category} and language in {"", group.language}
        ),
        "category": category,
        "language": language,
        "files": get_file_page(
            version,
            category=category,
            language=language,
            is_empty=is_empty,
            position=Position.from_query(request.GET),
        ),
        "voices": document.get("voices") or {},
        "document": document,
        "exports": get_ready_exports(request.user, version, now=now),
        "has_texts": may_have_texts(version),
    }
    return render(request, "sessions/detail.html", context)


@require_safe
@page_view
def versions(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Show all versions, a page at a time."""
    session = get_session_or_404(request.user, code)
    page = get_version_page(session, Position.from_query(request.GET))
    return render(request, "sessions/versions.html", {"session": session, "page": page})
