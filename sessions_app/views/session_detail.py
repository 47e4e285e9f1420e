"""Page of one session."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from dubbing_core.project_edits import read_edits
from sessions_app.access import Action, can
from sessions_app.http.lookups import get_documented_session_or_404, get_session_or_404
from sessions_app.media.plan import Workload
from sessions_app.models import DubbingSession, Job, SessionChange, Version, Worker
from sessions_app.operations.sessions.last_accessed import record_access
from sessions_app.queries.activity import get_latest_changes, list_activity
from sessions_app.queries.exports import get_latest_exports, get_latest_shares
from sessions_app.queries.jobs import get_recent_jobs
from sessions_app.queries.keyset import Position
from sessions_app.queries.marks import marks_of
from sessions_app.queries.timelines import get_version_texts, may_have_texts
from sessions_app.queries.updates import digest_session
from sessions_app.queries.version_list import get_nearby_versions, get_version_page
from sessions_app.queue import enqueue_shown_derivatives
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.player import PlayerView, build_player, player_page
from sessions_app.views.session_files import ListedFiles, build_listing, remember_arrangement
from sessions_app.views.transcript_panel import render_panel


@require_safe
@player_page
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
    if version is not None:
        version.session = session  # else it is read again
    accessed = session.last_accessed
    record_access(session=session, now=now)
    jobs = get_recent_jobs(request.user, session)
    changes = get_latest_changes(request.user, session)
    context: dict[str, Any] = {
        "session": session,
        "accessed": accessed,
        "owner": _name_owner(request, session),
        "jobs": jobs,
        "can_manage": can(request.user, Action.MANAGE, session),
        "version": version,
        "digest": digest_session(session, changes),
        "marks": marks_of(request.user, session),
    }
    if version is None:
        return render(request, "sessions/empty.html", context)
    context |= _describe_version(request, session, version)
    context |= _describe_media_work(session, context["player"])
    context |= _describe_history(request, session, version, jobs=jobs, changes=changes)
    context |= build_listing(request, ListedFiles.of_version(version))
    response = render(request, "sessions/detail.html", context)
    remember_arrangement(request, response)
    return response


def _name_owner(request: SignedInRequest, session: DubbingSession) -> str:
    owner = request.user if session.owner_id == request.user.pk else session.owner
    return owner.get_username()


def _describe_version(request: SignedInRequest, session: DubbingSession, version: Version) -> dict[str, Any]:
    document = version.complete_metadata
    has_texts = may_have_texts(version)
    player = build_player(version)
    is_current = version.pk == session.current_id
    return {
        "is_current": is_current,
        "is_editable": is_current and can(request.user, Action.EDIT, session),
        "edits": read_edits(document),
        "matrix": version.progress_matrix,
        "voices": document.get("voices") or {},
        "document": document,
        "player": player,
        "has_texts": has_texts,
        "is_being_read": has_texts and not version.has_read_texts,
        "panel": _render_panel(request, version, player) if has_texts else "",
    }


def _render_panel(request: SignedInRequest, version: Version, player: PlayerView | None) -> str:
    address = reverse("version-transcript", args=[version.session.code, version.number])
    texts = player.contents.texts if player else get_version_texts(version)
    has_lines = player is not None and player.has_lines
    return render_panel(request, version, texts, address=address, has_lines=has_lines)


def _describe_media_work(session: DubbingSession, player: PlayerView | None) -> dict[str, Any]:
    """Let missing media be made first; return whether no worker for media runs."""
    if session.has_missing_proxies:
        enqueue_shown_derivatives(session.pk, Workload.PROXIES)
    if not (session.has_unread_media or session.has_missing_derivatives):
        return {"has_no_media_worker": False}
    is_known = player is not None and player.media.is_pending  # the player has asked
    has_worker = player.media.has_worker if player and is_known else Worker.objects.is_reading_media()
    if session.has_missing_derivatives and has_worker:
        enqueue_shown_derivatives(session.pk)
    return {"has_no_media_worker": not has_worker}


def _describe_history(
    request: SignedInRequest,
    session: DubbingSession,
    version: Version,
    *,
    jobs: list[Job],
    changes: list[SessionChange],
) -> dict[str, Any]:
    now = timezone.now()
    versions = get_nearby_versions(session, version)
    exports = get_latest_exports(request.user, session)
    shares = get_latest_shares(request.user, session)
    shown = next((other for other in versions if other.pk == version.pk), version)
    return {
        "versions": versions,
        "saved_by": shown.saved_by,
        "exports": [export for export in exports if export.is_ready(now=now)],
        "whole_export": next(
            (
                export
                for export in exports
                if export.version.number == version.number
                and not export.selection
                and export.is_ready(now=now)
            ),
            None,
        ),
        "shares": [share for share in shares if share.revoked_at is None and share.expires_at > now],
        "activity": list_activity(
            session,
            owner=_name_owner(request, session),
            versions=versions,
            exports=exports,
            shares=shares,
            jobs=jobs,
            changes=changes,
        ),
    }


@require_safe
@page_view
def versions(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Show all versions, a page at a time."""
    session = get_session_or_404(request.user, code)
    page = get_version_page(session, Position.from_query(request.GET))
    return render(request, "sessions/versions.html", {"session": session, "page": page})
