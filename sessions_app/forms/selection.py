"""Selection of an export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from dubbing_core.categories import Category
from dubbing_core.selected_cells import SelectedCell, describe_cells
from dubbing_core.selection import FolderLayout, Selection, SelectionError
from sessions_app.forms.fields import CellsField
from sessions_app.forms.problem import ProblemForm
from sessions_app.models import Version
from sessions_app.queries.shared_cells import include_shared, list_shared_cells
from sessions_app.queries.versions import FileGroup, get_file_groups
from sessions_app.translation import localize, localize_error


class SelectionForm(ProblemForm):
    """Selection of an export: all versions, or categories and languages of one.

    Without ``ticked`` an empty list of categories or languages selects all of them. The page sends ``ticked``, so that
    clearing every check box is an error instead.
    """

    scope = forms.ChoiceField(
        required=False,
        choices=[
            ("version", gettext_lazy("This version")),
            ("history", gettext_lazy("All versions")),
        ],
    )
    category = forms.MultipleChoiceField(
        required=False, choices=[(category.value, category.label) for category in Category]
    )
    language = forms.MultipleChoiceField(required=False)
    without_source = forms.BooleanField(required=False)
    layout = forms.ChoiceField(
        required=False,
        choices=[(layout.value, layout.label) for layout in FolderLayout],
        error_messages={
            "invalid_choice": gettext_lazy("There is no layout %(value)s. Choose session or saved.")
        },
    )
    cell = CellsField(required=False)
    ticked = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict | None, *, version: Version) -> None:
        super().__init__(data)
        self.version = version
        self.parts = parts = get_file_groups(version)
        self.categories = {part.category.value for part in parts}
        self.languages = {part.language for part in parts if part.language}
        language_field = self.fields["language"]
        assert isinstance(language_field, forms.MultipleChoiceField)
        language_field.choices = [(language, language) for language in sorted(self.languages)]
        language_field.error_messages["invalid_choice"] = gettext_lazy(
            "This version has no files in %(value)s."
        )
        self.fields["category"].error_messages["invalid_choice"] = gettext_lazy(
            "There is no category %(value)s."
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        layout = values["layout"] or FolderLayout.SESSION
        if values["scope"] == "history":
            return {**values, "selection": Selection.from_choices(history=True, layout=layout)}
        categories, languages = set(values["category"]), set(values["language"])
        if values["ticked"]:
            if not categories:
                raise forms.ValidationError(gettext_lazy("Choose at least one category."))
            if self.languages and not languages:
                raise forms.ValidationError(gettext_lazy("Choose at least one language."))
        try:
            values["selection"] = Selection.from_choices(
                # All categories or languages of the version are the same selection as no restriction.
                categories=_normalize(categories, self.categories),
                languages=() if languages >= self.languages else languages,
                without_source=values["without_source"],
                layout=layout,
                cells=self._list_cells(values),
            )
        except SelectionError as error:
            raise forms.ValidationError(localize_error(error), code=error.code) from error
        return values

    def clean_cell(self) -> list[str]:
        cells = [SelectedCell.parse(text) for text in self.cleaned_data["cell"]]
        shared = list_shared_cells(self.version) if cells else set()
        for cell in cells:
            if cell not in shared and not any(
                cell.includes(part.category, part.language) for part in self.parts
            ):
                raise forms.ValidationError(
                    gettext("This version has no %(part)s.") % {"part": localize(describe_cells([cell])[0])}
                )
        return [str(cell) for cell in include_shared(self.version, cells)]

    def _list_cells(self, values: Mapping[str, Any]) -> list[str]:
        """Return the chosen cells, if the other choices leave any file out."""
        categories, languages = set(values["category"]), set(values["language"])
        has_all_languages = not languages or languages >= self.languages
        is_everything = (
            bool(categories or languages)
            and has_all_languages
            and not values["without_source"]
            and not _normalize(categories, self.categories)
        )
        cells: list[str] = values["cell"]
        return [] if is_everything else cells

    @property
    def selection(self) -> Selection:
        """Selection of a valid form."""
        selection: Selection = self.cleaned_data["selection"]
        return selection


def list_ticked(selection: Selection, parts: Sequence[FileGroup]) -> set[str]:
    """Return the values of the check boxes with which the form makes a selection.

    For cells, which it does not offer, those of their files.

    :param parts: of the version.
    """
    categories, languages = set(selection.categories), set(selection.languages)
    if selection.has_area or not selection.cells:
        categories = categories or set(Category)
        languages = languages or {part.language for part in parts}
    if selection.without_source:
        categories -= {Category.ORIGINAL_VIDEO}
    for cell in selection.cells:
        included = [part for part in parts if cell.includes(part.category, part.language)]
        categories |= {part.category for part in included}
        languages |= {part.language for part in included}
    return {category.value for category in categories} | languages


def _normalize(selected: set[str], available: set[str]) -> set[str]:
    """Return one value for equal selections, whichever categories the version lacks.

    :return: the empty set for all, every category but the source for "without the source", else ``selected``.
    """
    if not selected or selected >= available:
        return set()
    if selected >= available - {Category.ORIGINAL_VIDEO}:
        return {category.value for category in Category if category is not Category.ORIGINAL_VIDEO}
    return selected
