"""Part of an earlier version to restore."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy

from dubbing_core.categories import Category
from dubbing_core.restored_part import RestoredPart
from sessions_app.forms.fields import CellsField, PathsField
from sessions_app.forms.problem import ProblemForm


class RestoreForm(ProblemForm):
    """Part of an earlier version to restore: nothing, if no field has a value."""

    NO_LANGUAGE = "none"

    category = forms.MultipleChoiceField(
        required=False,
        choices=[(category.value, category.label) for category in Category],
        error_messages={"invalid_choice": gettext_lazy("There is no category %(value)s.")},
    )
    language = forms.MultipleChoiceField(
        required=False,
        error_messages={"invalid_choice": gettext_lazy("Neither version has files in %(value)s.")},
    )
    cell = CellsField(required=False)
    path = PathsField(required=False)
    scope = forms.ChoiceField(required=False, choices=[("files", gettext_lazy("Only the selected files"))])
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
            cells=values["cell"],
        )
