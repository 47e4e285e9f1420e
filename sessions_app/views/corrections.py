"""Corrections of labels, languages and voices on the page of a session."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from dubbing_core.label_changes import LabelError
from dubbing_core.project_edits import Target, name_voice
from sessions_app.access import Action
from sessions_app.forms.corrections import CheckForm, LabelForm, VoiceForm
from sessions_app.http.lookups import get_session_or_404
from sessions_app.language_names import check_language
from sessions_app.models import DubbingSession
from sessions_app.operations.errors import OperationError
from sessions_app.operations.saves.correct import Correction, correct_session
from sessions_app.queries.versions import list_paths
from sessions_app.translation import localize_error, localize_stored
from sessions_app.views.errors import show_error
from sessions_app.views.page_view import SignedInRequest, page_view


@require_POST
@page_view
def labels(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Correct the labels of the selected files, or of all that are listed."""
    session = get_session_or_404(request.user, code, Action.EDIT)
    languages_known = session.current.languages if session.current else []
    form = LabelForm(request.POST, languages=languages_known)
    if not form.is_valid():
        messages.error(request, form.problem)
        return _back(session, request.POST.get("listed", ""))
    listed = form.cleaned_data["listed"]
    paths = form.cleaned_data["paths"]
    if form.cleaned_data["scope"] and session.current is not None:
        paths = list_paths(session.current, category=listed)
    correction = (
        Correction(recognized=set(paths))
        if form.change is None
        else Correction(labels=dict.fromkeys(paths, form.change))
    )
    _correct(request, session, correction)
    return _back(session, listed)


@require_POST
@page_view
def checks(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Mark a stale result as checked and right, or withdraw that."""
    session = get_session_or_404(request.user, code, Action.EDIT)
    form = CheckForm(request.POST)
    if form.is_valid():
        is_checked = form.cleaned_data["checked"]
        _correct(request, session, Correction(checks=dict.fromkeys(form.cleaned_data["cell"], is_checked)))
    else:
        messages.error(request, form.problem)
    return redirect("session-detail", session.code)


@require_POST
@page_view
def languages(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Add or exclude a target language, or set the spoken one."""
    session = get_session_or_404(request.user, code, Action.EDIT)
    try:
        correction = _read_language(request, session)
    except LabelError as error:
        messages.error(request, localize_error(error))
    else:
        _correct(request, session, correction)
    return redirect(f"{reverse('session-detail', args=[session.code])}#languages")


def _read_language(request: SignedInRequest, session: DubbingSession) -> Correction:
    """Return the correction of a form.

    :raises LabelError: the language is none.
    """
    known = session.current.languages if session.current else ()
    if "spoken" in request.POST:
        spoken = request.POST["spoken"].strip()
        return Correction(source_language=check_language(spoken) if spoken else "")
    target = Target.EXCLUDED if "exclude" in request.POST else Target.ADDED
    tag = check_language(request.POST.get("exclude") or request.POST.get("add") or "", languages=known)
    return Correction(targets={tag: target})


@require_POST
@page_view
def voices(request: SignedInRequest, code: UUID) -> HttpResponse:
    """Edit the voices of languages and speakers."""
    session = get_session_or_404(request.user, code, Action.EDIT)
    page = f"{reverse('session-detail', args=[session.code])}#voices"
    stored = (session.current.metadata.get("voices") or {}) if session.current else {}
    # Settings of a tool are an object, of which the form has the name: what is not changed keeps them.
    known = {key: name_voice(voice) for key, voice in stored.items()}
    pairs = zip(request.POST.getlist("key"), request.POST.getlist("voice"), strict=False)
    forms = [VoiceForm({"key": key, "voice": voice}) for key, voice in pairs]
    invalid = next((form for form in forms if not form.is_valid()), None)
    if invalid is not None:
        messages.error(
            request,
            gettext("A voice cannot be saved. %(reason)s")
            % {"reason": next(iter(invalid.errors.values()))[0]},
        )
        return redirect(page)
    sent = [(form.cleaned_data["key"], form.cleaned_data["voice"]) for form in forms]
    edited = {key: voice for key, voice in sent if key and voice != known.get(key, "")}
    if edited:
        _correct(request, session, Correction(voices=edited))
    else:
        messages.info(request, gettext("No voice was changed."))
    return redirect(page)


def _correct(request: SignedInRequest, session: DubbingSession, correction: Correction) -> None:
    try:
        version = correct_session(
            session=session, author=request.user, correction=correction, now=timezone.now()
        )
    except OperationError as error:
        show_error(request, error)
    else:
        # A correction is undone as a restore is.
        undo = reverse("version-restore", args=[session.code, version.number - 1])
        messages.success(
            request,
            gettext("%(message)s: saved as version %(number)s.")
            % {"message": localize_stored(version.message), "number": version.number},
            extra_tags=f"restore:{undo}?parent={version.number}",
        )


def _back(session: DubbingSession, category: str) -> HttpResponse:
    query = f"?category={category}" if category.isidentifier() else ""
    return redirect(f"{reverse('session-detail', args=[session.code])}{query}#files")
