"""Selections of exports, validated by the same form as on the pages."""

from __future__ import annotations

from django.http import QueryDict

from dubbing_core.categories import Category
from dubbing_core.selection import FolderLayout, Selection
from sessions_app import models
from sessions_app.forms import SelectionForm
from sessions_app.operations.errors import BadInputError
from sessions_app.queries.versions import get_file_groups


def build_selection(
    version: models.Version,
    *,
    categories: list[Category],
    languages: list[str],
    without_source: bool,
    history: bool,
    layout: FolderLayout,
) -> Selection:
    """Return the normalized selection.

    :raises BadInputError: the version has no such language, or the choices exclude each other.
    """
    if not (categories or languages or without_source or history):
        return Selection(layout=layout)
    query = QueryDict(mutable=True)
    query.setlist("category", [category.value for category in categories])
    query.setlist("language", languages)
    query["layout"] = layout.value
    if without_source:
        query["without_source"] = "on"
    if history:
        if categories or languages or without_source:
            raise BadInputError(
                "The full history contains all files of all versions. Do not combine it with other choices.",
                code="selection_history",
            )
        query["scope"] = "history"
    form = SelectionForm(query, parts=get_file_groups(version))
    if not form.is_valid():
        raise BadInputError(form.problem, code="bad_selection")
    return form.selection
