"""Pages of shared links."""

from __future__ import annotations

from functools import partial
from typing import TypeVar
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.models import User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.selected_progress import select_progress
from dubbing_core.selection import Selection
from sessions_app.access import Action, can
from sessions_app.http.downloads import download_response, export_download
from sessions_app.http.lookups import get_share_or_404
from sessions_app.models import Share
from sessions_app.operations.database_errors import unless_disk_full
from sessions_app.operations.errors import OperationError
from sessions_app.operations.shares import copy_shared_export, find_share
from sessions_app.queries.derivatives import get_share_url
from sessions_app.queries.timelines import get_version_texts, may_have_texts
from sessions_app.views.errors import show_error
from sessions_app.views.page_view import SignedInRequest, page_view
from sessions_app.views.player import PlayerView, build_shared_player, player_page, respond_shared_lines
from sessions_app.views.session_files import ListedFiles, build_listing, remember_arrangement, render_list
from sessions_app.views.transcript_panel import render_panel

R = TypeVar("R", bound=HttpResponseBase)


@require_safe
@never_cache
@player_page
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the contents of the export to everyone who has the link."""
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    version = share.export.version
    selection = Selection.from_dict(share.export.selection)
    matrix = version.progress_matrix
    player = build_shared_player(version, token=token, selection=selection)
    has_texts = may_have_texts(version, selection)
    context = {
        "share": share,
        "token": token,
        "export": share.export,
        "session": version.session,
        "version": version,
        "is_own": can(request.user, Action.VIEW, version.session),
        "matrix": select_progress(matrix, selection) if matrix else None,
        "player": player,
        "has_texts": has_texts,
        "panel": _render_panel(request, share, token, player) if has_texts else "",
        **build_listing(request, _list_files(share, token)),
    }
    response = render(request, "shares/page.html", context)
    remember_arrangement(request, response)
    return unlisted(response)


def _render_panel(request: HttpRequest, share: Share, token: str, player: PlayerView | None) -> str:
    selection = Selection.from_dict(share.export.selection)
    version = share.export.version
    texts = player.contents.texts if player else get_version_texts(version, selection)
    address = reverse("share-transcript", args=[token])
    has_lines = player is not None and player.has_lines
    return render_panel(request, version, texts, address=address, has_lines=has_lines)


@require_safe
@never_cache
def files(request: HttpRequest, token: str) -> HttpResponse:
    """Return the list of files alone, for the script of the page."""
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    context = {"token": token, "version": share.export.version}
    return unlisted(render_list(request, _list_files(share, token), context))


def _list_files(share: Share, token: str) -> ListedFiles:
    return ListedFiles(
        version=share.export.version,
        selection=Selection.from_dict(share.export.selection),
        page_url=reverse("share-page", args=[token]),
        list_url=reverse("share-listing", args=[token]),
        make_media_url=partial(get_share_url, token),
    )


@require_safe
@never_cache
def player_lines(request: HttpRequest, token: str) -> HttpResponse:
    """Return the lines beside the picture as JSON."""
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    selection = Selection.from_dict(share.export.selection)
    tag = request.GET.get("language", "")
    return unlisted(respond_shared_lines(share.export.version, token=token, selection=selection, tag=tag))


@require_safe
@never_cache
def download(request: HttpRequest, token: str) -> HttpResponseBase:
    now = timezone.now()
    share = find_share(token=token, now=now)
    if share is None or not share.export.is_ready(now=now):
        return unavailable(request)

    def count() -> None:
        with unless_disk_full():
            share.count_download(now=now)

    return unlisted(download_response(request, export_download(share.export), on_start=count, link=share.pk))


@require_POST
def copy(request: HttpRequest, token: str) -> HttpResponse:
    """Copy the shared session to the user's own sessions."""
    if not isinstance(request.user, User):
        return redirect_to_login(reverse("share-page", args=[token]))
    share = find_share(token=token, now=timezone.now())
    if share is None:
        return unavailable(request)
    try:
        session = copy_shared_export(share=share, owner=request.user, now=timezone.now())
    except OperationError as error:
        show_error(request, error)
        return redirect("share-page", token)
    messages.success(request, gettext("“%(name)s” was copied to your sessions.") % {"name": session.name})
    return redirect("session-detail", session.code)


@require_POST
@page_view
def revoke(request: SignedInRequest, code: UUID) -> HttpResponse:
    share: Share = get_share_or_404(request.user, code, Action.MANAGE)
    if share.revoke(now=timezone.now()):
        messages.success(request, gettext("The link was revoked."))
    session = share.export.version.session
    if request.POST.get("from") == "session" and not session.is_trashed:
        return redirect(f"{reverse('session-detail', args=[session.code])}#shares")
    return redirect("export-detail", share.export.code)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Respond the same way to unknown, expired and revoked links."""
    return unlisted(render(request, "shares/unavailable.html", status=404))


def unlisted(response: R) -> R:
    response["X-Robots-Tag"] = "noindex"
    return response
