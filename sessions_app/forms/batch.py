"""Actions on several sessions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from sessions_app.forms.fields import CodesField
from sessions_app.forms.problem import ProblemForm
from sessions_app.forms.search import SearchForm
from sessions_app.queries.sessions import SessionSearch


class SelectedSessionsForm(ProblemForm):
    """Selected sessions of a list, or all of its results.

    The latter with ``scope``.
    """

    codes = CodesField(required=False)
    scope = forms.ChoiceField(required=False, choices=[("results", gettext_lazy("All results"))])
    query = forms.CharField(required=False, max_length=2000)
    expected = forms.IntegerField(required=False, min_value=1)
    """Number of results that the user saw."""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not values["codes"] and not values["scope"]:
            raise forms.ValidationError(gettext_lazy("Select at least one session first."))
        return values

    @property
    def problem(self) -> str:
        """First error, as a sentence."""
        if "action" in self.errors:
            return gettext("Choose an action for the sessions.")
        return super().problem

    @property
    def search(self) -> SessionSearch:
        """Filters of the results."""
        return SearchForm(QueryDict(self.cleaned_data["query"])).search()


class BatchForm(SelectedSessionsForm):
    """Action on sessions of the list."""

    action = forms.ChoiceField(
        choices=[
            ("export", gettext_lazy("Download")),
            ("trash", gettext_lazy("Delete")),
            ("tag", gettext_lazy("Tag")),
            ("star", gettext_lazy("Star")),
        ]
    )
    add = forms.CharField(required=False, max_length=1000)
    remove = forms.CharField(required=False, max_length=1000)


class TrashForm(SelectedSessionsForm):
    """Sessions in the trash to restore or, when confirmed, to delete permanently."""

    action = forms.ChoiceField(
        choices=[
            ("restore", gettext_lazy("Restore")),
            ("delete", gettext_lazy("Delete permanently")),
        ]
    )
    confirmation = forms.CharField(required=False, max_length=100)
