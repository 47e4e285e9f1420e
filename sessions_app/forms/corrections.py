"""Corrections of labels, stale results and voices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy, pgettext

from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelChange, LabelError
from dubbing_core.labels import Role
from sessions_app.forms.fields import CellsField, PathsField
from sessions_app.forms.problem import ProblemForm
from sessions_app.language_names import check_language
from sessions_app.translation import localize_error


class LabelForm(ProblemForm):
    """Correction of the labels of the selected files.

    With ``scope``, of all that are listed.
    """

    RECOGNIZED = "recognized"
    NO_LANGUAGE = "none"

    paths = PathsField(required=False)
    scope = forms.ChoiceField(required=False, choices=[("listed", gettext_lazy("All listed files"))])
    listed = forms.ChoiceField(required=False, choices=[(category.value, "") for category in Category])
    label = forms.ChoiceField(
        required=False,
        choices=[(value, "") for value in (*Category, Role.SOURCE, Role.IGNORED, RECOGNIZED)],
    )
    language = forms.CharField(required=False, max_length=100)

    def __init__(self, data: QueryDict, *, languages: Sequence[str]) -> None:
        super().__init__(data)
        self.languages = languages

    def clean_language(self) -> str | None:
        """Return the tag, "" for none, or None to keep the present one."""
        tag = self.cleaned_data["language"]
        if not tag:
            return None
        if tag.casefold() in {self.NO_LANGUAGE, pgettext("language", "none")}:
            return ""
        try:
            return check_language(tag, languages=self.languages)
        except LabelError as error:
            raise forms.ValidationError(localize_error(error), code=error.code) from error

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        if not values["paths"] and not values["scope"]:
            raise forms.ValidationError(gettext_lazy("Select at least one file first."))
        if not values["label"] and values["language"] is None:
            raise forms.ValidationError(gettext_lazy("Choose a category or a language."))
        return values

    @property
    def change(self) -> LabelChange | None:
        """Correction of a valid form; None for the label that is recognized."""
        label, language = self.cleaned_data["label"], self.cleaned_data["language"]
        if label == self.RECOGNIZED:
            return None
        if label in {Role.SOURCE, Role.IGNORED}:
            return LabelChange(role=Role(label), language=language)
        return LabelChange(category=Category(label) if label else None, language=language)


class CheckForm(ProblemForm):
    """Cells with stale results that were checked."""

    cell = CellsField()
    checked = forms.BooleanField(required=False)


class VoiceForm(forms.Form):
    """Voice of one language or speaker; an empty one is removed."""

    key = forms.CharField(label=gettext_lazy("Language or speaker"), required=False, max_length=100)
    voice = forms.CharField(label=gettext_lazy("Voice"), required=False, max_length=500)
