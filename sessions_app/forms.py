"""What people send, turned into values. Nothing here decides anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from dubbing_core.categories import Category
from dubbing_core.progress import Stage
from dubbing_core.selection import Selection, SelectionError
from sessions_app.models import AccessToken
from sessions_app.queries.sessions import SessionOrder, SessionSearch
from sessions_app.queries.versions import FileGroup

MAX_BATCH = 500


class SearchForm(forms.Form):
    """The list page's query; what it does not understand it leaves out."""

    q = forms.CharField(required=False, max_length=200)
    stage = forms.ChoiceField(
        required=False, choices=[("", "")] + [(stage.value, stage.label) for stage in Stage]
    )
    language = forms.CharField(required=False, max_length=35)
    sort = forms.ChoiceField(
        required=False, choices=[("", "")] + [(order.value, order.label) for order in SessionOrder]
    )

    def search(self) -> SessionSearch:
        self.is_valid()
        told = self.cleaned_data
        return SessionSearch(
            text=told.get("q", ""),
            stage=told.get("stage", ""),
            language=told.get("language", ""),
            order=SessionOrder(told.get("sort") or SessionOrder.UPDATED),
        )


class CodesField(forms.Field):
    """UUIDs of what was ticked."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[UUID]:
        try:
            codes = [UUID(code) for code in value or []]
        except ValueError as error:
            raise forms.ValidationError("A code is malformed.") from error
        if not codes:
            raise forms.ValidationError("Select at least one session first.")
        if len(codes) > MAX_BATCH:
            raise forms.ValidationError(f"Select {MAX_BATCH} sessions at the most.")
        return codes


class BatchForm(forms.Form):
    codes = CodesField()
    action = forms.ChoiceField(choices=[("export", "Export"), ("trash", "Delete")])


class SelectionForm(forms.Form):
    """What an export shall hold: one version or all, and of one version which categories and languages.

    A page offers what the version has (``parts``), and says ``ticked`` so that nothing ticked does not mean everything.
    """

    what = forms.ChoiceField(
        required=False, choices=[("version", "This version"), ("history", "All versions")]
    )
    category = forms.MultipleChoiceField(
        required=False, choices=[(category.value, category.label) for category in Category]
    )
    language = forms.MultipleChoiceField(required=False)
    without_source = forms.BooleanField(required=False)
    ticked = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict | None, *, parts: Sequence[FileGroup]) -> None:
        super().__init__(data)
        self.categories = {part.category.value for part in parts}
        self.languages = {part.language for part in parts if part.language}
        self.fields["language"].choices = [(language, language) for language in sorted(self.languages)]  # type: ignore[attr-defined]
        self.fields["language"].error_messages["invalid_choice"] = "This version has no files in %(value)s."
        self.fields["category"].error_messages["invalid_choice"] = "There is no category %(value)s."

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if self.errors:
            return told
        if told["what"] == "history":
            return {**told, "selection": Selection.from_choices(history=True)}
        categories, languages = set(told["category"]), set(told["language"])
        if told["ticked"]:
            if not categories:
                raise forms.ValidationError("Choose at least one category.")
            if self.languages and not languages:
                raise forms.ValidationError("Choose at least one language.")
        try:
            told["selection"] = Selection.from_choices(
                # All that there is, is all: a file of another category or language cannot be left out.
                categories=_all_but(categories, self.categories),
                languages=() if languages >= self.languages else languages,
                without_source=told["without_source"],
            )
        except SelectionError as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        return told

    @property
    def selection(self) -> Selection:
        """What was chosen, once the form is valid."""
        chosen: Selection = self.cleaned_data["selection"]
        return chosen

    @property
    def problem(self) -> str:
        """What is wrong, in one sentence."""
        return str(next(iter(self.errors.values()))[0])


def _all_but(wanted: set[str], present: set[str]) -> set[str]:
    """Name the categories so that equal choices are equal: those that the version does not have count as wanted with the rest."""
    if not wanted or wanted >= present:
        return set()
    if wanted >= present - {Category.ORIGINAL_VIDEO}:
        return {category.value for category in Category if category is not Category.ORIGINAL_VIDEO}
    return wanted


class ShareForm(forms.Form):
    days = forms.IntegerField(min_value=1, max_value=365, initial=7)
    note = forms.CharField(required=False, max_length=200)


class TokenForm(forms.Form):
    """A new access token; ``days`` empty means: without an end."""

    name = forms.CharField(max_length=100)
    scope = forms.ChoiceField(choices=AccessToken.Scope.choices)
    days = forms.IntegerField(required=False, min_value=1, max_value=366)
