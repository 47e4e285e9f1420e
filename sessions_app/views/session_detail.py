"""Page of one session."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from dubbing_core.categories import Category
from sessions_app.access import visible_to
from sessions_app.http.lookups import get_session_or_404
from sessions_app.models import DubbingSession, Job, Version
from sessions_app.operations.sessions.last_accessed import touch_session
from sessions_app.queries.exports import get_ready_exports
from sessions_app.queries.versions import get_file_page, get_versions, summarize_categories
from sessions_app.views.page_view import SignedInRequest, page_view

RECENT_JOBS = 10


@require_safe
@page_view
def detail(request: SignedInRequest, code: UUID, number: int | None = None) -> HttpResponse:
    """Show the current version, or version ``number``."""
    session = get_session_or_404(request.user, code)
    now = timezone.now()
    version = session.current
    if number is not None:
        version = get_object_or_404(
            Version.objects.select_related("created_by"), session=session, number=number
        )
    accessed = session.last_accessed
    touch_session(session, now=now)
    context = {"session": session, "accessed": accessed, "jobs": _recent_jobs(request, session)}
    if version is None:
        return render(request, "sessions/empty.html", context)
    category = request.GET.get("category", "")
    category = category if category in set(Category) else ""
    document = version.metadata
    context |= {
        "version": version,
        "is_current": version.pk == session.current_id,
        "versions": get_versions(session),
        "summary": summarize_categories(version),
        "category": category,
        "files": get_file_page(version, category=category, page=request.GET.get("page", "1")),
        "voices": document.get("voices") or {},
        "document": document,
        "exports": get_ready_exports(request.user, version, now=now),
    }
    return render(request, "sessions/detail.html", context)


def _recent_jobs(request: SignedInRequest, session: DubbingSession) -> list[Job]:
    return list(
        visible_to(request.user, Job.objects.all())
        .filter(session=session)
        .order_by("-created_at")[:RECENT_JOBS]
    )
