"""Pages and downloads of versions."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.change_summary import ChangeKind
from dubbing_core.selection import WHOLE_VERSION
from dubbing_core.session_names import build_export_filename
from sessions_app.exports.metadata_file import render_metadata_file
from sessions_app.forms.selection import SelectionForm
from sessions_app.http.downloads import (
    download_response,
    entry_download,
    layout_download,
)
from sessions_app.http.lookups import get_download_or_404, get_version_or_404
from sessions_app.http.text_previews import is_previewed, preview_text
from sessions_app.media.types import playable_type
from sessions_app.operations.errors import BusyError, OperationError
from sessions_app.operations.exports.layout import get_export_layout
from sessions_app.operations.exports.request import request_export
from sessions_app.operations.sessions.last_accessed import record_access
from sessions_app.queries.keyset import Position
from sessions_app.queries.version_changes import find_changes, get_change_page
from sessions_app.queries.versions import find_entry
from sessions_app.views.errors import show_error
from sessions_app.views.jobs import get_export_page
from sessions_app.views.page_view import SignedInRequest, page_view

MAX_SEARCH_LENGTH = 200


@require_safe
@page_view
def changes(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Show which files the version changed; only the list with the parameter `part`."""
    version = get_version_or_404(request.user, code, number)
    summary = version.change_summary
    kind, text = request.GET.get("kind", ""), request.GET.get("q", "")[:MAX_SEARCH_LENGTH].strip()
    kind = kind if kind in summary.groups else ""
    rows = find_changes(version, kind=kind, text=text)
    groups = summary.groups.values() if not kind else [summary.groups[ChangeKind(kind)]]
    context = {
        "session": version.session,
        "version": version,
        "summary": summary,
        "choices": [
            {
                "words": each.words,
                "count": group.count,
                "size": group.size,
                "is_chosen": each == kind,
                "next": None if each == kind else each.value,
            }
            for each, group in summary.groups.items()
        ],
        "kind": kind,
        "text": text,
        "page": get_change_page(rows, Position.from_query(request.GET)),
        "total": rows.count() if text else sum(group.count for group in groups),
    }
    template = "sessions/_changes.html" if "part" in request.GET else "sessions/changes.html"
    return render(request, template, context)


@require_POST
@page_view
def export(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Queue an export of the version, or of the part that the form selects."""
    version = get_version_or_404(request.user, code, number)
    form = SelectionForm(request.POST, version=version)
    if not form.is_valid():
        messages.error(request, form.problem)
        return redirect("export-new", code, number)
    try:
        job = request_export(
            version=version, owner=request.user, selection=form.selection, now=timezone.now()
        )
    except OperationError as error:
        show_error(request, error)
        return redirect("session-detail", code)
    return redirect(get_export_page(version.session, number, job))


@require_safe
@page_view
def file(request: SignedInRequest, code: UUID, number: int, path: str) -> HttpResponseBase:
    """Download a file; with the parameter `play` or `preview` show it."""
    version = get_version_or_404(request.user, code, number)
    entry = find_entry(version, path)
    if entry is None:
        raise Http404
    record_access(session=version.session, now=timezone.now())
    if "preview" in request.GET and is_previewed(path):
        return preview_text(request, entry)
    media_type = playable_type(path) if "play" in request.GET else None
    download = entry_download(
        entry, content_type=media_type or "application/octet-stream", inline=media_type is not None
    )
    return download_response(request, download)


@require_safe
@page_view
def archive(request: SignedInRequest, code: UUID, number: int) -> HttpResponseBase:
    """Stream the version, or the part that the query selects, as a ZIP."""
    version = get_download_or_404(request.user, code, number)
    selection = WHOLE_VERSION
    if request.GET:
        form = SelectionForm(request.GET, version=version)
        if not form.is_valid():
            messages.error(request, form.problem)
            return redirect("export-new", code, number)
        selection = form.selection
    record_access(session=version.session, now=timezone.now())
    name = version.session.name
    try:
        layout = get_export_layout(version, session_name=name, selection=selection)
    except BusyError:
        raise  # the middleware responds with 503
    except OperationError as error:
        show_error(request, error)
        return redirect("export-new", code, number)
    return download_response(
        request, layout_download(layout, filename=build_export_filename(name, selection.filename_suffix))
    )


@require_safe
@page_view
def document(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Download metadata.json as in an export."""
    version = get_version_or_404(request.user, code, number)
    response = HttpResponse(
        render_metadata_file(version.complete_metadata, session_name=version.session.name),
        content_type="application/json",
    )
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=True, filename="metadata.json") or ""
    )
    return response
