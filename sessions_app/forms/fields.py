"""Fields with several values: codes of sessions, cells of the progress, paths."""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.utils.translation import gettext, gettext_lazy

from dubbing_core.selected_cells import CellError, SelectedCell
from sessions_app.translation import localize_error

MAX_BATCH = 500


class CodesField(forms.Field):
    """Codes of the selected sessions."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[UUID]:
        try:
            codes = [UUID(code) for code in value or []]
        except ValueError as error:
            raise forms.ValidationError(gettext_lazy("A session code is malformed.")) from error
        if not codes and self.required:
            raise forms.ValidationError(gettext_lazy("Select at least one session first."))
        if len(codes) > MAX_BATCH:
            raise forms.ValidationError(
                gettext("Select at most %(max_batch)s sessions.") % {"max_batch": MAX_BATCH}
            )
        return codes


class CellsField(forms.Field):
    """Cells of the progress matrix, such as ``hi:audio``."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[str]:
        try:
            return [str(SelectedCell.parse(text)) for text in value or ()]
        except CellError as error:
            raise forms.ValidationError(localize_error(error)) from error


class PathsField(forms.Field):
    widget = forms.MultipleHiddenInput

    def clean(self, value: list[str] | None) -> list[str]:
        return list(value or ())
