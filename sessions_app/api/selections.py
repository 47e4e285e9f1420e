"""What of a version somebody wants, as the pages' own form decides it."""

from __future__ import annotations

from django.http import QueryDict

from dubbing_core.categories import Category
from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app import models
from sessions_app.forms import SelectionForm
from sessions_app.operations.errors import BadInputError
from sessions_app.queries.versions import get_file_groups


def selection_of(
    version: models.Version,
    *,
    categories: list[Category],
    languages: list[str],
    without_source: bool,
    history: bool,
) -> Selection:
    """Return the selection in its one form.

    :raises BadInputError: the version has no such language, or the choices exclude each other.
    """
    if not (categories or languages or without_source or history):
        return WHOLE_VERSION
    chosen = QueryDict(mutable=True)
    chosen.setlist("category", [category.value for category in categories])
    chosen.setlist("language", languages)
    if without_source:
        chosen["without_source"] = "on"
    if history:
        if categories or languages or without_source:
            raise BadInputError(
                "The full history holds everything of every version. Choose it alone.",
                code="selection_history",
            )
        chosen["scope"] = "history"
    form = SelectionForm(chosen, parts=get_file_groups(version))
    if not form.is_valid():
        raise BadInputError(form.problem, code="bad_selection")
    return form.selection
