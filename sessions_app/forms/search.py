"""Search and filters of the session list."""

from __future__ import annotations

from django import forms

from dubbing_core.progress import Stage
from sessions_app.models.tag import TAG_NAME_LENGTH
from sessions_app.queries.sessions import SessionOrder, SessionSearch


class SearchForm(forms.Form):
    """Query of the session list; invalid values are ignored."""

    q = forms.CharField(required=False, max_length=200)
    stage = forms.ChoiceField(
        required=False, choices=[("", "")] + [(stage.value, stage.label) for stage in Stage]
    )
    language = forms.CharField(required=False, max_length=100)
    tag = forms.CharField(required=False, max_length=TAG_NAME_LENGTH)
    owner = forms.CharField(required=False, max_length=150)
    starred = forms.BooleanField(required=False)
    stale = forms.BooleanField(required=False)
    sort = forms.ChoiceField(
        required=False, choices=[("", "")] + [(order.value, order.label) for order in SessionOrder]
    )
    reverse = forms.BooleanField(required=False)

    def search(self) -> SessionSearch:
        self.is_valid()
        values = self.cleaned_data
        return SessionSearch(
            text=values.get("q", ""),
            stage=values.get("stage", ""),
            language=values.get("language", ""),
            tag=values.get("tag", ""),
            owner=values.get("owner", ""),
            is_starred=values.get("starred", False),
            is_stale=values.get("stale", False),
            order=SessionOrder(values.get("sort") or SessionOrder.UPDATED),
            is_reversed=values.get("reverse", False),
        )


def render_query(search: SessionSearch) -> dict[str, str]:
    """Return the fields of `SearchForm` with a value other than the default."""
    fields = {
        "q": search.text,
        "stage": search.stage,
        "language": search.language,
        "tag": search.tag,
        "owner": search.owner,
        "starred": "1" if search.is_starred else "",
        "stale": "1" if search.is_stale else "",
        "sort": search.order.value if search.order is not SessionOrder.UPDATED else "",
        "reverse": "1" if search.is_reversed else "",
    }
    return {name: value for name, value in fields.items() if value}
