"""Share links and access tokens."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from sessions_app.models import AccessToken


class ShareForm(forms.Form):
    days = forms.IntegerField(
        label=gettext_lazy("Expires after (days)"), min_value=1, max_value=365, initial=7
    )
    note = forms.CharField(label=gettext_lazy("Recipient"), required=False, max_length=200)


class TokenForm(forms.Form):
    """A new access token; without ``days`` it never expires."""

    name = forms.CharField(max_length=100)
    scope = forms.ChoiceField(choices=AccessToken.Scope.choices)
    days = forms.IntegerField(
        label=gettext_lazy("Expires after (days)"), required=False, min_value=1, max_value=366
    )
