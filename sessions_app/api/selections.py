"""Selections of exports, validated by the same form as on the pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from django.http import QueryDict
from django.utils.translation import gettext
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from dubbing_core.categories import Category
from dubbing_core.selected_cells import CellError, SelectedCell
from dubbing_core.selection import FolderLayout, Selection
from sessions_app import models
from sessions_app.forms.selection import SelectionForm
from sessions_app.operations.errors import BadInputError
from sessions_app.translation import localize_error


def _check_cell(text: str) -> str:
    try:
        return str(SelectedCell.parse(text))
    except CellError as error:
        raise PydanticCustomError(
            "cell", "{reason}", {"reason": localize_error(error).rstrip(".")}
        ) from error


CellText = Annotated[str, Field(max_length=60), AfterValidator(_check_cell)]
"""Category in one language, such as `hi:audio`."""


def build_selection(
    version: models.Version,
    *,
    categories: list[Category],
    languages: list[str],
    without_source: bool,
    history: bool,
    layout: FolderLayout,
    cells: Sequence[str] = (),
) -> Selection:
    """Return the normalized selection.

    :raises BadInputError: the version has no such language, or the choices exclude each other.
    """
    if not (categories or languages or without_source or history or cells):
        return Selection(layout=layout)
    query = QueryDict(mutable=True)
    query.setlist("category", [category.value for category in categories])
    query.setlist("language", languages)
    query.setlist("cell", list(cells))
    query["layout"] = layout.value
    if without_source:
        query["without_source"] = "on"
    if history:
        if categories or languages or without_source or cells:
            raise BadInputError(
                gettext(
                    "The full history contains all files of all versions. Do not combine it with other choices."
                ),
                code="selection_history",
            )
        query["scope"] = "history"
    form = SelectionForm(query, version=version)
    if not form.is_valid():
        raise BadInputError(form.problem, code="bad_selection")
    return form.selection
