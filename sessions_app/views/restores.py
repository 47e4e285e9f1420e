"""Restore an earlier version, or a part of one."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from dubbing_core.languages import fold_language_tag
from dubbing_core.progress_matrix import ProgressMatrix
from dubbing_core.restored_part import RestoredPart
from dubbing_core.selected_cells import ALL_LANGUAGES, SelectedCell
from dubbing_core.selection import FolderLayout
from sessions_app.access import Action
from sessions_app.forms.restore import RestoreForm
from sessions_app.http.lookups import get_session_or_404, get_version_or_404
from sessions_app.models import Version
from sessions_app.operations.errors import OperationError
from sessions_app.operations.versions.partial_restore import plan_restore, restore_part
from sessions_app.operations.versions.restore import restore_version
from sessions_app.queries.shared_cells import list_present_cells, list_shared_cells
from sessions_app.queries.versions import get_file_groups, summarize_categories
from sessions_app.translation import localize, localize_stored
from sessions_app.views.errors import show_error
from sessions_app.views.page_view import SignedInRequest, page_view

PREVIEWED_FILES = 200


@require_POST
@page_view
def restore(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Restore a version, or the part of it that the form selects."""
    session = get_session_or_404(request.user, code, Action.EDIT)
    version = Version.objects.filter(session=session, number=number).first()
    form = RestoreForm(_join_parameters(request), languages=_list_languages(version) if version else ())
    if not form.is_valid():
        messages.error(request, form.problem)
        return redirect("version-restore-part", code, number)
    part, parent, now = form.part, form.cleaned_data["parent"], timezone.now()
    is_whole = not part and not form.cleaned_data["scope"]
    try:
        if is_whole:
            new = restore_version(session=session, number=number, author=request.user, now=now, parent=parent)
        else:
            new = restore_part(
                session=session, number=number, part=part, author=request.user, now=now, parent=parent
            )
    except OperationError as error:
        show_error(request, error)
        if is_whole:
            return redirect("session-detail", code)
        return redirect(f"{reverse('version-restore-part', args=[code, number])}?{_get_choices(request)}")
    text = (
        gettext("Version %(number)s was restored as version %(new)s.") % {"number": number, "new": new.number}
        if is_whole
        else gettext("%(message)s: saved as version %(number)s.")
        % {"message": localize_stored(new.message), "number": new.number}
    )
    undo = reverse("version-restore", args=[code, new.number - 1])
    messages.success(request, text, extra_tags=f"restore:{undo}?parent={new.number}")
    return redirect("session-detail", code)


@require_safe
@page_view
def choose(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    """Choose a part to restore and preview it.

    Only the preview with the parameter `part`.
    """
    version = get_version_or_404(request.user, code, number)
    languages = _list_languages(version)
    form = RestoreForm(request.GET, languages=languages)
    context: dict[str, object] = {
        "session": version.session,
        "version": version,
        "number": number,
        "is_current": version.pk == version.session.current_id,
    }
    if not form.is_valid():
        context["problem"] = form.problem
    elif form.part:
        context |= _preview(version, form)
    if "part" in request.GET:
        return render(request, "restores/_preview.html", context)
    chosen = request.GET
    context |= {
        "summary": [
            {"part": part, "is_chosen": part.category.value in chosen.getlist("category")}
            for part in summarize_categories(version)
            if part.file_count or part.category.value in _list_categories(version.session.current)
        ],
        "languages": [
            {
                "value": tag or RestoreForm.NO_LANGUAGE,
                "tag": tag,
                "is_chosen": (tag or RestoreForm.NO_LANGUAGE) in chosen.getlist("language"),
            }
            for tag in languages
        ],
        "keeps_newer": "keep_newer" in chosen,
        "matrix": _join_matrices(version),
        "chosen_cells": chosen.getlist("cell"),
        "selectable_cells": _list_cells(version),
        "shared_cells": set(map(str, list_shared_cells(version))),
    }
    return render(request, "restores/choose.html", context)


def _join_matrices(version: Version) -> ProgressMatrix | None:
    """Return the progress of a version, with the languages of the current one."""
    matrix, current = version.progress_matrix, version.session.current
    if matrix is None or current is None or current.progress_matrix is None:
        return matrix
    return replace(
        matrix, languages=tuple(dict.fromkeys((*matrix.languages, *current.progress_matrix.languages)))
    )


def _preview(version: Version, form: RestoreForm) -> dict[str, object]:
    """Return what the restore would change, or why it is impossible."""
    try:
        plan = plan_restore(
            session=version.session, number=version.number, part=form.part, now=timezone.now()
        )
    except OperationError as error:
        return {"problem": error.message}
    comparison = plan.compare()
    return {
        "comparison": comparison,
        "current": plan.current,
        "action": gettext("Restore %(part)s") % {"part": localize(form.part.describe())},
        "files": comparison.files[:PREVIEWED_FILES],
        "shared_files": plan.shared_files,
        "form": form,
        "download": _build_download(version, form, plan.part),
    }


def _build_download(version: Version, form: RestoreForm, part: RestoredPart) -> str:
    """Return the address of a ZIP of the chosen files; "" if there are none.

    Exports in languages include files without a language, so that cells select these here.
    """
    values = form.cleaned_data
    groups = [group for group in get_file_groups(version) if part.has(group.category, group.language)]
    if not groups or part.paths:
        return ""
    query = QueryDict(mutable=True)
    if values["language"] or values["cell"]:
        cells = {str(SelectedCell(fold_language_tag(group.language), group.category)) for group in groups}
        query.setlist("cell", sorted(cells))
    else:
        query.setlist("category", sorted({group.category.value for group in groups}))
    query["layout"] = FolderLayout.SAVED.value
    return f"{reverse('version-archive', args=[version.session.code, version.number])}?{query.urlencode()}"


def _list_languages(version: Version) -> list[str]:
    """Return the languages of files in the version and the current one."""
    return sorted({group.language for each in _both(version) for group in get_file_groups(each)})


def _list_cells(version: Version) -> set[str]:
    """Return the cells with files in the version or the current one."""
    cells = {cell for each in _both(version) for cell in list_present_cells(each)}
    common = {SelectedCell(ALL_LANGUAGES, cell.category) for cell in cells}
    return set(map(str, cells | common | list_shared_cells(version)))


def _list_categories(version: Version | None) -> set[str]:
    return {group.category.value for group in get_file_groups(version)} if version else set()


def _both(version: Version) -> list[Version]:
    current = version.session.current
    return [version, current] if current is not None else [version]


def _join_parameters(request: SignedInRequest) -> QueryDict:
    """Return the sent fields; the address of an undo has the number of the version."""
    fields = request.POST.copy()
    if "parent" in request.GET:
        fields["parent"] = request.GET["parent"]
    return fields


def _get_choices(request: SignedInRequest) -> str:
    """Return the choices of the form for the address of the page that it is on."""
    choices = QueryDict(mutable=True)
    for name in ("category", "language", "cell", "keep_newer"):
        choices.setlist(name, request.POST.getlist(name))
    return choices.urlencode()
