"""Actions on several sessions: download, tag, star, trash and undo."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST, require_safe

from sessions_app.access import Action, manageable_by, require, visible_to
from sessions_app.forms.batch import BatchForm, SelectedSessionsForm
from sessions_app.http.downloads import download_response, session_archive_download
from sessions_app.models import DubbingSession, SessionArchive, Version
from sessions_app.operations.errors import BadInputError, BusyError, OperationError
from sessions_app.operations.exports.session_archive import create_session_archive
from sessions_app.operations.marks.stars import set_stars
from sessions_app.operations.marks.tags import change_tags, split_tags
from sessions_app.operations.sessions.trash import (
    get_trashed_together,
    trash_sessions,
    untrash_session,
)
from sessions_app.queries.numbered_pages import MAX_SKIPPED
from sessions_app.queries.session_archives import get_archived_versions, get_current_versions
from sessions_app.queries.sessions import filter_sessions
from sessions_app.translation import localize_number
from sessions_app.views.errors import show_error
from sessions_app.views.marks import go_back
from sessions_app.views.page_view import SignedInRequest, page_view

MAX_SELECTED = MAX_SKIPPED
"""Sessions that one action changes."""
MAX_RENAMED = 5
"""Restored sessions of which the new names are reported; more are counted."""


@require_POST
@page_view
def batch(request: SignedInRequest) -> HttpResponseBase:
    """Do the action of the form with the selected sessions."""
    form = BatchForm(request.POST)
    if not form.is_valid():
        messages.error(request, form.problem)
        return go_back(request, "session-list")
    try:
        sessions = select_sessions(request, form)
        match form.cleaned_data["action"]:
            case "export":
                return _download(request, sessions)
            case "trash":
                _trash(request, sessions)
            case "tag":
                _tag(request, sessions, form)
            case _:
                set_stars(user=request.user, sessions=sessions)
                starred = _describe(
                    sessions,
                    gettext("“%(name)s” was starred."),
                    gettext("%(count)s sessions were starred."),
                )
                messages.success(request, starred)
    except OperationError as error:
        show_error(request, error)
    return go_back(request, "session-list")


def select_sessions(
    request: SignedInRequest, form: SelectedSessionsForm, *, trashed: bool = False
) -> list[DubbingSession]:
    """Return the sessions that a form selects, the latest first.

    :param trashed: of the trash instead of the list.
    :raises BadInputError: there are none or too many, or not those that the user saw.
    """
    values = form.cleaned_data
    if values["scope"]:
        rows = filter_sessions(request.user, form.search, trashed=trashed).select_related(None).defer(None)
    else:
        found = DubbingSession.objects.trashed() if trashed else DubbingSession.objects.live()
        rows = visible_to(request.user, found).filter(code__in=values["codes"])
    rows = rows.only("code", "name", "owner", "deleted_at")
    sessions = list(rows.order_by("-trashed_at" if trashed else "-last_updated", "-pk")[: MAX_SELECTED + 1])
    if not sessions:
        raise BadInputError(
            gettext("These sessions were restored or deleted already.")
            if trashed
            else gettext("These sessions were deleted or are already in the trash."),
            code="deleted",
        )
    if len(sessions) > MAX_SELECTED:
        raise BadInputError(
            gettext("Select at most %(max_selected)s sessions at once. Filter the list first.")
            % {"max_selected": localize_number(MAX_SELECTED)},
            code="too_many",
        )
    if values["scope"] and len(sessions) > (values["expected"] or 0):
        raise BadInputError(
            gettext("More sessions match now than before: %(count)s. Look at them, then select them again.")
            % {"count": localize_number(len(sessions))},
            code="changed",
        )
    return sessions


def _describe(sessions: list[DubbingSession], one: str, several: str) -> str:
    """Return the sentence about one session, which names it, or about several ones."""
    if len(sessions) == 1:
        return one % {"name": sessions[0].name}
    return several % {"count": localize_number(len(sessions))}


def _trash(request: SignedInRequest, sessions: list[DubbingSession]) -> None:
    for session in sessions:
        require(request.user, Action.MANAGE, session)
    now = timezone.now()
    trash_sessions(sessions=sessions, now=now)
    messages.success(
        request,
        _describe(
            sessions,
            gettext("“%(name)s” was moved to the trash and can be restored there."),
            gettext("%(count)s sessions were moved to the trash and can be restored there."),
        ),
        extra_tags=f"undo-at:{now.isoformat()}",
    )


def _tag(request: SignedInRequest, sessions: list[DubbingSession], form: BatchForm) -> None:
    for session in sessions:
        require(request.user, Action.EDIT, session)
    add, remove = split_tags(form.cleaned_data["add"]), split_tags(form.cleaned_data["remove"])
    if not add and not remove:
        raise BadInputError(gettext("Type a tag to add or to remove."), code="name_empty")
    change_tags(sessions=sessions, user=request.user, now=timezone.now(), add=add, remove=remove)
    added = _describe(
        sessions,
        gettext("Tags added to “%(name)s”: {tags}."),
        gettext("Tags added to %(count)s sessions: {tags}."),
    )
    removed = _describe(
        sessions,
        gettext("Tags removed from “%(name)s”: {tags}."),
        gettext("Tags removed from %(count)s sessions: {tags}."),
    )
    for sentence, names in ((added, add), (removed, remove)):
        if names:
            messages.success(request, sentence.replace("{tags}", ", ".join(names)))


def _download(request: SignedInRequest, sessions: list[DubbingSession]) -> HttpResponseBase:
    versions = get_current_versions(sessions)
    if len(versions) == 1:
        (version,) = versions
        url = reverse("version-archive", args=[version.session.code, version.number])
    else:
        archive = create_session_archive(owner=request.user, versions=versions, now=timezone.now())
        url = reverse("session-archive", args=[archive.code])
    left_out = len(sessions) - len(versions)
    if not left_out:
        return redirect(url)
    # A download leaves the page as it is, so that a message would be seen on another one.
    text = ngettext(
        "%(count)s session has no version yet, so it is not in the ZIP.",
        "%(count)s sessions have no version yet, so they are not in the ZIP.",
        left_out,
    )
    messages.warning(request, text % {"count": localize_number(left_out)}, extra_tags=f"download:{url}")
    return go_back(request, "session-list")


@require_safe
@page_view
def archive(request: SignedInRequest, code: UUID) -> HttpResponseBase:
    """Stream the ZIP of several sessions."""
    row = get_object_or_404(visible_to(request.user, SessionArchive.objects.all()), code=code)
    versions = get_archived_versions(row, visible_to(request.user, Version.objects.all()))
    try:
        download = session_archive_download(row, versions)
    except BusyError:
        raise  # the middleware responds with 503
    except OperationError as error:
        show_error(request, error)
        return redirect("session-list")
    return download_response(request, download)


@require_POST
@page_view
def undo_trash(request: SignedInRequest) -> HttpResponseBase:
    """Restore the sessions that were moved to the trash together."""
    moment = _parse_moment(request.POST.get("at", ""))
    rows = get_trashed_together(moment=moment) if moment else DubbingSession.objects.none()
    restore_with_messages(request, list(manageable_by(request.user, rows)[:MAX_SELECTED]))
    return go_back(request, "session-list")


def _parse_moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is not None and timezone.is_aware(moment) else None


def restore_with_messages(request: SignedInRequest, sessions: list[DubbingSession]) -> None:
    """Restore sessions from the trash.

    Messages report their number, and which have another name.
    """
    restored: list[DubbingSession] = []
    renamed: list[str] = []
    for session in sessions:
        old_name = session.name
        try:
            untrash_session(session=session, user=request.user, now=timezone.now())
        except OperationError as error:
            show_error(request, error)
            continue
        restored.append(session)
        if session.name != old_name:
            renamed.append(
                gettext("“%(old_name)s” was restored as “%(name)s”, because its name is in use.")
                % {"old_name": old_name, "name": session.name}
            )
    if len(renamed) > MAX_RENAMED:
        renamed = [
            gettext("%(count)s sessions have new names, because other sessions have the old ones.")
            % {"count": localize_number(len(renamed))}
        ]
    for text in renamed:
        messages.warning(request, text)
    if not sessions:
        messages.error(request, gettext("These sessions were restored or deleted already."))
    elif restored:
        text = _describe(
            restored, gettext("“%(name)s” was restored."), gettext("%(count)s sessions were restored.")
        )
        messages.success(request, text)
