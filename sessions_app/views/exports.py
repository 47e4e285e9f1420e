"""Pages of exports: create, show, download, share."""

from __future__ import annotations

from dataclasses import asdict
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.access import Action, visible_to
from sessions_app.forms.access import ShareForm
from sessions_app.forms.selection import list_ticked
from sessions_app.http.downloads import download_response, export_download
from sessions_app.http.lookups import get_export_or_404, get_version_or_404, parse_uuid
from sessions_app.models import Export, Job, Version
from sessions_app.operations.errors import OperationError
from sessions_app.operations.exports.request import get_selection
from sessions_app.operations.shares import create_share
from sessions_app.queries.exports import get_ready_exports
from sessions_app.queries.history import get_history_size
from sessions_app.queries.versions import get_file_groups, summarize_categories
from sessions_app.views.errors import show_error
from sessions_app.views.jobs import get_worker_notice
from sessions_app.views.page_view import SignedInRequest, page_view


@require_safe
@page_view
def new(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Show the form that selects contents, and the export that it started."""
    version = get_version_or_404(request.user, code, number)
    job = _find_job(request, version)
    selection = get_selection(job) if job else WHOLE_VERSION
    parts = get_file_groups(version)
    selected = [part for part in parts if selection.includes(part.category, part.language)]
    now = timezone.now()
    context = {
        "session": version.session,
        "version": version,
        "selection": selection,
        "ticked": list_ticked(selection, parts),
        "file_count": sum(part.file_count for part in selected),
        "size": sum(part.size for part in selected),
        "parts": [{**asdict(part), "category": part.category.value} for part in parts],
        "summary": [summary for summary in summarize_categories(version) if summary.file_count],
        "languages": sorted({part.language for part in parts if part.language}),
        "history": get_history_size(version),
        "retention": settings.EXPORT_RETENTION,
        "exports": get_ready_exports(request.user, version, now=now),
        "job": job,
    }
    if job is not None:
        context |= get_worker_notice(job)
    return render(request, "exports/new.html", context)


def _find_job(request: SignedInRequest, version: Version) -> Job | None:
    """Return the export of this version that the page's address names."""
    rows = visible_to(request.user, Job.objects.filter(kind=Job.Kind.EXPORT, session=version.session))
    code = parse_uuid(request.GET.get("job", ""))
    job = rows.filter(code=code).select_related("session", "export").first() if code else None
    return job if job and job.params.get("version") == version.number else None


@require_safe
@page_view
def detail(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Show a ZIP's contents, expiry and links."""
    export = get_export_or_404(request.user, code)
    return render(request, "exports/detail.html", _context(export, ShareForm()))


def _context(export: Export, form: ShareForm) -> dict[str, object]:
    summary = summarize_categories(export.version, Selection.from_dict(export.selection))
    return {
        "export": export,
        "session": export.version.session,
        "version": export.version,
        "summary": summary,
        "file_count": sum(part.file_count for part in summary),
        "is_ready": export.is_ready(now=timezone.now()),
        "shares": export.shares.order_by("-created_at"),
        "now": timezone.now(),
        "form": form,
    }


@require_safe
@page_view
def download(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    export = get_export_or_404(request.user, code)
    if not export.is_ready(now=timezone.now()):
        messages.error(request, gettext("This export has expired. Export the session again."))
        return redirect("export-detail", export.code)
    return download_response(request, export_download(export))


@require_POST
@page_view
def share(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Create a link; the response is the only page that shows its URL."""
    export = get_export_or_404(request.user, code, Action.MANAGE)
    form = ShareForm(request.POST)
    context = _context(export, form)
    if not form.is_valid():
        return render(request, "exports/detail.html", context, status=400)
    try:
        created = create_share(
            export=export,
            author=request.user,
            days=form.cleaned_data["days"],
            note=form.cleaned_data["note"],
            now=timezone.now(),
        )
    except OperationError as error:
        show_error(request, error)
        return redirect("export-detail", export.code)
    export.refresh_from_db()
    return render(request, "exports/detail.html", _context(export, ShareForm()) | {"created": created})
