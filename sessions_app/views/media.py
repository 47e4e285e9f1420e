"""Media of versions and of shared links, and what was made of them."""

from __future__ import annotations

import hashlib
import json
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_safe

from dubbing_core.selection import Selection
from sessions_app.http.downloads import (
    derivative_download,
    download_response,
    entry_download,
    etag_matches,
)
from sessions_app.http.lookups import get_any_session_or_404, get_version_or_404
from sessions_app.http.text_previews import is_previewed, preview_text
from sessions_app.media.plan import Kind, Workload
from sessions_app.media.types import playable_type
from sessions_app.models import Derivative, Share, Version
from sessions_app.models.entry import EntryQuerySet
from sessions_app.operations.shares import find_share
from sessions_app.queries.derivatives import PlayerMedia, find_derivative, get_media, get_shared_media
from sessions_app.queries.versions import get_entries
from sessions_app.queue import enqueue_shown_derivatives
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.shares import unavailable, unlisted


@require_safe
@page_view
def version(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Return what was made of a version's media; what is missing is made next."""
    row = get_version_or_404(request.user, code, number)
    media = get_media(row, paths=_get_paths(request))
    _prefer(row, media)
    return _media_response(request, media)


@require_safe
@page_view
def derivative(request: SignedInRequest, code: UUID, sha256: str, name: str) -> HttpResponseBase:
    """Return a poster, waveform or other derivative of a file of the session."""
    session = get_any_session_or_404(request.user, code)
    found = find_derivative(session.pk, sha256, name)
    if found is not None and found.name != name:
        return redirect("session-media", code, sha256, found.name)
    return _derivative_response(request, found)


@require_safe
def shared(request: HttpRequest, token: str) -> HttpResponseBase:
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    row, selection = share.export.version, Selection.from_dict(share.export.selection)
    media = get_shared_media(row, token=token, selection=selection, paths=_get_paths(request))
    _prefer(row, media)
    return unlisted(_media_response(request, media))


@require_safe
def shared_derivative(request: HttpRequest, token: str, sha256: str, name: str) -> HttpResponseBase:
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    if not _get_shared_entries(share).filter(blob__sha256=sha256).exists():
        raise Http404
    found = find_derivative(share.export.version.session_id, sha256, name)
    if found is not None and found.name != name:
        return redirect("share-media-file", token, sha256, found.name)
    return unlisted(_derivative_response(request, found, link=share.pk))


@require_safe
def shared_file(request: HttpRequest, token: str, path: str) -> HttpResponseBase:
    """Play a file of the shared selection, or show its text with `preview`.

    Others are only in the ZIP.
    """
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    media_type = playable_type(path)
    entry = _get_shared_entries(share).files().select_related("blob").filter(path=path).first()
    if entry is not None and "preview" in request.GET and is_previewed(path):
        return unlisted(preview_text(request, entry))
    if entry is None or media_type is None:
        raise Http404
    download = entry_download(entry, content_type=media_type, inline=True)
    return unlisted(download_response(request, download, link=share.pk))


def _prefer(row: Version, media: PlayerMedia) -> None:
    """Let what is missing be made before that of other sessions."""
    if media.is_pending and media.has_worker:
        enqueue_shown_derivatives(row.session_id)
        if any(Kind.PROXY in file.pending for file in media.files.values()):
            enqueue_shown_derivatives(row.session_id, Workload.PROXIES)


def _get_shared_entries(share: Share) -> EntryQuerySet:
    selection = Selection.from_dict(share.export.selection)
    return get_entries(share.export.version).selected(selection)


def _get_paths(request: HttpRequest) -> list[str] | None:
    return request.GET.getlist("path") or None


def _derivative_response(
    request: HttpRequest, found: Derivative | None, *, link: int | None = None
) -> HttpResponseBase:
    if found is None:
        raise Http404
    return download_response(request, derivative_download(found), link=link)


def _media_response(request: HttpRequest, media: PlayerMedia) -> HttpResponse:
    body = json.dumps(media.as_dict())
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()}"'
    response = HttpResponse(status=304) if etag_matches(request, etag) else HttpResponse(body)
    response["Content-Type"] = "application/json"
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response
