"""What people send, turned into values. Nothing here decides anything."""

from __future__ import annotations

from uuid import UUID

from django import forms

from sessions_app.domain.progress import Stage
from sessions_app.queries.sessions import Order, Search

MAX_BATCH = 500


class SearchForm(forms.Form):
    """The list page's query; what it does not understand it leaves out."""

    q = forms.CharField(required=False, max_length=200)
    stage = forms.ChoiceField(
        required=False, choices=[("", "")] + [(stage.value, stage.label) for stage in Stage]
    )
    language = forms.CharField(required=False, max_length=35)
    sort = forms.ChoiceField(
        required=False, choices=[("", "")] + [(order.value, order.label) for order in Order]
    )

    def search(self) -> Search:
        self.is_valid()
        told = self.cleaned_data
        return Search(
            text=told.get("q", ""),
            stage=told.get("stage", ""),
            language=told.get("language", ""),
            order=Order(told.get("sort") or Order.UPDATED),
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


class ShareForm(forms.Form):
    days = forms.IntegerField(min_value=1, max_value=365, initial=7)
    note = forms.CharField(required=False, max_length=200)
