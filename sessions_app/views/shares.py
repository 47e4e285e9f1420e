"""Links to exports: what a colleague sees who has one."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.selection import Selection
from sessions_app.access import Action
from sessions_app.http.downloads import download_response, export_download
from sessions_app.http.lookups import get_share_or_404
from sessions_app.models import Share
from sessions_app.operations.errors import OperationError
from sessions_app.operations.shares import share as shares
from sessions_app.queries.versions import get_file_page, summarize_categories
from sessions_app.views.errors import SignedInRequest, page_view


@require_safe
@never_cache
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show what is inside, to anybody who has the link."""
    share = shares.find(token=token, now=timezone.now())
    if share is None:
        return _closed(request)
    version = share.export.version
    selection = Selection.from_dict(share.export.selection)
    context = {
        "share": share,
        "token": token,
        "export": share.export,
        "version": version,
        "summary": summarize_categories(version, selection),
        "files": get_file_page(version, selection=selection, page=request.GET.get("page", "1")),
    }
    return _unreferred(render(request, "shares/page.html", context))


@require_safe
@never_cache
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    now = timezone.now()
    share = shares.find(token=token, now=now)
    if share is None or not share.export.is_ready(now=now):
        return _closed(request)
    return _unreferred(
        download_response(
            request, export_download(share.export), on_start=lambda: share.count_download(now=now)
        )
    )


@require_POST
@page_view
def take(request: SignedInRequest, token: str) -> HttpResponse:
    """Take the shared session into the own ones."""
    share = shares.find(token=token, now=timezone.now())
    if share is None:
        return _closed(request)
    try:
        session = shares.take(share=share, owner=request.user, now=timezone.now())
    except OperationError as error:
        messages.error(request, error.message)
        return redirect("share-page", token)
    messages.success(request, f"“{session.name}” is among your sessions now.")
    return redirect("session-detail", session.code)


@require_POST
@page_view
def revoke(request: SignedInRequest, code: UUID) -> HttpResponse:
    share: Share = get_share_or_404(request.user, code, Action.MANAGE)
    if share.revoke(now=timezone.now()):
        messages.success(request, "The link works no longer.")
    return redirect("export-detail", share.export.code)


def _closed(request: HttpRequest) -> HttpResponse:
    """The same answer for a link that never was, has expired or was taken back."""
    return _unreferred(render(request, "shares/unavailable.html", status=404))


def _unreferred(response: HttpResponse | HttpResponseBase) -> HttpResponse:
    # The address is the secret, so no other site hears it. Not "no-referrer": browsers then say "Origin: null"
    # with the form that takes the session, and the CSRF check refuses that.
    response["Referrer-Policy"] = "same-origin"
    response["X-Robots-Tag"] = "noindex"
    return response  # type: ignore[return-value]  # what came in goes out
