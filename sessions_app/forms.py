"""Forms: validation of submitted values. Rules of the domain are in operations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import QueryDict

from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelChange, LabelError, check_language
from dubbing_core.labels import Role
from dubbing_core.progress import Stage
from dubbing_core.restored_part import RestoredPart
from dubbing_core.selection import FolderLayout, Selection, SelectionError
from sessions_app.models import AccessToken
from sessions_app.queries.sessions import SessionOrder, SessionSearch
from sessions_app.queries.versions import FileGroup

MAX_BATCH = 500


class SearchForm(forms.Form):
    """Query of the session list; invalid values are ignored."""

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
        values = self.cleaned_data
        return SessionSearch(
            text=values.get("q", ""),
            stage=values.get("stage", ""),
            language=values.get("language", ""),
            order=SessionOrder(values.get("sort") or SessionOrder.UPDATED),
        )


class CodesField(forms.Field):
    """Codes of the selected sessions."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[UUID]:
        try:
            codes = [UUID(code) for code in value or []]
        except ValueError as error:
            raise forms.ValidationError("A session code is malformed.") from error
        if not codes:
            raise forms.ValidationError("Select at least one session first.")
        if len(codes) > MAX_BATCH:
            raise forms.ValidationError(f"Select at most {MAX_BATCH} sessions.")
        return codes


class BatchForm(forms.Form):
    codes = CodesField()
    action = forms.ChoiceField(choices=[("export", "Export"), ("trash", "Delete")])


class TrashForm(forms.Form):
    """Sessions in the trash to restore or, when confirmed, to delete permanently."""

    codes = CodesField()
    action = forms.ChoiceField(choices=[("restore", "Restore"), ("delete", "Delete permanently")])
    confirmation = forms.CharField(required=False, max_length=100)


class SelectionForm(forms.Form):
    """Selection of an export: all versions, or categories and languages of one.

    Without ``ticked`` an empty list of categories or languages selects all of them. The page sends ``ticked``, so that
    clearing every check box is an error instead.
    """

    scope = forms.ChoiceField(
        required=False, choices=[("version", "This version"), ("history", "All versions")]
    )
    category = forms.MultipleChoiceField(
        required=False, choices=[(category.value, category.label) for category in Category]
    )
    language = forms.MultipleChoiceField(required=False)
    without_source = forms.BooleanField(required=False)
    layout = forms.ChoiceField(
        required=False,
        choices=[(layout.value, layout.label) for layout in FolderLayout],
        error_messages={"invalid_choice": "There is no layout %(value)s. Choose session or saved."},
    )
    ticked = forms.BooleanField(required=False)

    def __init__(self, data: QueryDict | None, *, parts: Sequence[FileGroup]) -> None:
        super().__init__(data)
        self.categories = {part.category.value for part in parts}
        self.languages = {part.language for part in parts if part.language}
        language_field = self.fields["language"]
        assert isinstance(language_field, forms.MultipleChoiceField)
        language_field.choices = [(language, language) for language in sorted(self.languages)]
        language_field.error_messages["invalid_choice"] = "This version has no files in %(value)s."
        self.fields["category"].error_messages["invalid_choice"] = "There is no category %(value)s."

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
                raise forms.ValidationError("Choose at least one category.")
            if self.languages and not languages:
                raise forms.ValidationError("Choose at least one language.")
        try:
            values["selection"] = Selection.from_choices(
                # All categories or languages of the version are the same selection as no restriction.
                categories=_normalize(categories, self.categories),
                languages=() if languages >= self.languages else languages,
                without_source=values["without_source"],
                layout=layout,
            )
        except SelectionError as error:
            raise forms.ValidationError(str(error), code=error.code) from error
        return values

    @property
    def selection(self) -> Selection:
        """Selection of a valid form."""
        selection: Selection = self.cleaned_data["selection"]
        return selection

    @property
    def problem(self) -> str:
        """First error, as a sentence."""
        return str(next(iter(self.errors.values()))[0])


def _normalize(selected: set[str], available: set[str]) -> set[str]:
    """Return one value for equal selections, whichever categories the version lacks.

    :return: the empty set for all, every category but the source for "without the source", else ``selected``.
    """
    if not selected or selected >= available:
        return set()
    if selected >= available - {Category.ORIGINAL_VIDEO}:
        return {category.value for category in Category if category is not Category.ORIGINAL_VIDEO}
    return selected


class PathsField(forms.Field):
    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[str]:
        return list(value or ())


class LabelForm(forms.Form):
    """Correction of the labels of the selected files.

    With ``scope``, of all that are listed.
    """

    RECOGNIZED = "recognized"
    NO_LANGUAGE = "none"

    paths = PathsField(required=False)
    scope = forms.ChoiceField(required=False, choices=[("listed", "All listed files")])
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
        if tag.casefold() == self.NO_LANGUAGE:
            return ""
        try:
            return check_language(tag, languages=self.languages)
        except LabelError as error:
            raise forms.ValidationError(str(error), code=error.code) from error

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if self.errors:
            return values
        if not values["paths"] and not values["scope"]:
            raise forms.ValidationError("Select at least one file first.")
        if not values["label"] and values["language"] is None:
            raise forms.ValidationError("Choose a category or a language.")
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

    @property
    def problem(self) -> str:
        """First error, as a sentence."""
        return str(next(iter(self.errors.values()))[0])


class RestoreForm(forms.Form):
    """Part of an earlier version to restore: nothing, if no field has a value."""

    NO_LANGUAGE = "none"

    category = forms.MultipleChoiceField(
        required=False,
        choices=[(category.value, category.label) for category in Category],
        error_messages={"invalid_choice": "There is no category %(value)s."},
    )
    language = forms.MultipleChoiceField(
        required=False, error_messages={"invalid_choice": "Neither version has files in %(value)s."}
    )
    path = PathsField(required=False)
    scope = forms.ChoiceField(required=False, choices=[("files", "Only the selected files")])
    keep_newer = forms.BooleanField(required=False)
    parent = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)

    def __init__(self, data: QueryDict | None, *, languages: Sequence[str]) -> None:
        super().__init__(data)
        field = self.fields["language"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(tag or self.NO_LANGUAGE, tag) for tag in languages]

    @property
    def part(self) -> RestoredPart:
        """Part of a valid form."""
        values = self.cleaned_data
        if values["scope"]:
            # Of a moved file, both paths become as they were.
            sources = [self.data.get(f"source:{path}", "") for path in values["path"]]
            return RestoredPart.from_choices(paths=[*values["path"], *filter(None, sources)])
        return RestoredPart.from_choices(
            categories=values["category"],
            languages=["" if tag == self.NO_LANGUAGE else tag for tag in values["language"]],
            paths=values["path"],
            keeps_newer=values["keep_newer"],
        )

    @property
    def problem(self) -> str:
        """First error, as a sentence."""
        return str(next(iter(self.errors.values()))[0])


class VoiceForm(forms.Form):
    """Voice of one language or speaker; an empty one is removed."""

    key = forms.CharField(label="Language or speaker", required=False, max_length=100)
    voice = forms.CharField(label="Voice", required=False, max_length=500)


class ShareForm(forms.Form):
    days = forms.IntegerField(label="Expires after (days)", min_value=1, max_value=365, initial=7)
    note = forms.CharField(label="Recipient", required=False, max_length=200)


class TokenForm(forms.Form):
    """A new access token; without ``days`` it never expires."""

    name = forms.CharField(max_length=100)
    scope = forms.ChoiceField(choices=AccessToken.Scope.choices)
    days = forms.IntegerField(label="Expires after (days)", required=False, min_value=1, max_value=366)
