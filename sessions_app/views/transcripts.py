"""Pages and downloads of transcripts: the texts of a version side by side."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.http.lookups import get_session_or_404, get_version_or_404
from sessions_app.http.tracks import track_response
from sessions_app.models import Version
from sessions_app.operations.errors import NotAllowedError
from sessions_app.operations.sessions.last_accessed import record_access
from sessions_app.operations.shares import find_share
from sessions_app.queries.timelines import get_version_texts, list_line_audio
from sessions_app.queries.transcripts import TranscriptFilter, get_transcript
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.shares import unavailable, unlisted
from sessions_app.views.transcript_panel import PREVIEW_ROWS, describe_tracks


@require_safe
@page_view
def current(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    """Show the transcript of the current version."""
    session = get_session_or_404(request.user, code)
    if session.current is None:
        return redirect("session-detail", code)
    query = f"?{request.GET.urlencode()}" if request.GET else ""
    return redirect(reverse("version-transcript", args=[code, session.current.number]) + query)


@require_safe
@page_view
def page(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Show the texts of a version side by side.

    With the parameter `part` only the first lines, and the downloads.
    """
    version = get_version_or_404(request.user, code, number)
    session = version.session
    record_access(session=session, now=timezone.now())
    address = reverse("version-transcript", args=[code, number])
    context = build_context(request, version, address=address)
    context |= {
        "is_being_read": version.session.has_unread_texts,
        "title": gettext("%(name)s: transcript of version %(number)s")
        % {"name": session.name, "number": number},
        "back_url": reverse("version-detail", args=[code, number]),
        "files_url": f"{reverse('version-detail', args=[code, number])}files/",
    }
    return render(request, _template(request), context)


@require_safe
@page_view
def download(request: SignedInRequest, code: UUID, number: int, name: str) -> HttpResponseBase:
    """Download one track, such as `hi.srt`."""
    version = get_version_or_404(request.user, code, number)
    record_access(session=version.session, now=timezone.now())
    return _respond(version, name)


@require_safe
@never_cache
def shared_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the texts of a shared export to everyone who has the link."""
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    version = share.export.version
    address = reverse("share-transcript", args=[token])
    selection = Selection.from_dict(share.export.selection)
    context = build_context(request, version, address=address, selection=selection)
    context |= {
        "title": gettext("%(name)s: transcript") % {"name": version.session.name},
        "back_url": reverse("share-page", args=[token]),
        "is_shared": True,
    }
    return unlisted(render(request, _template(request), context))


@require_safe
@never_cache
def shared_download(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    selection = Selection.from_dict(share.export.selection)
    return unlisted(_respond(share.export.version, name, selection=selection))


def build_context(
    request: HttpRequest, version: Version, *, address: str, selection: Selection = WHOLE_VERSION
) -> dict[str, Any]:
    """Return the variables of the page for a part of a version.

    :param address: of the page; the downloads are below it.
    """
    chosen = TranscriptFilter.from_query(request.GET, request.GET.getlist("show"))
    texts = get_version_texts(version, selection)
    is_part = "part" in request.GET
    transcript = get_transcript(
        texts,
        chosen,
        line_audio={} if is_part else list_line_audio(version, selection),
        **({"page_size": PREVIEW_ROWS} if is_part else {}),
    )
    shown = {track.key for track in transcript.columns}
    return {
        "session": version.session,
        "version": version,
        **describe_tracks(texts, shown=shown),
        "transcript": transcript,
        "page": transcript.page,
        "shown": shown,
        "chosen": chosen,
        "address": address,
        "is_filtered": bool(chosen.speaker or chosen.text or chosen.silent in transcript.silent_counts),
    }


def _respond(version: Version, name: str, *, selection: Selection = WHOLE_VERSION) -> HttpResponseBase:
    try:
        return track_response(version, name, selection=selection)
    except NotAllowedError as error:
        raise Http404 from error  # pages link only what exists


def _template(request: HttpRequest) -> str:
    return "transcripts/_panel_body.html" if "part" in request.GET else "transcripts/page.html"
