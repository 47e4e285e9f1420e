"""Texts of the admin site's scripts, in the language of the page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, gettext_noop
from django.views.i18n import JavaScriptCatalog

SCRIPT_TEXTS = (
    gettext_noop("(click to clear)"),
    gettext_noop('Choose %s by selecting them and then select the "Choose" arrow button.'),
    gettext_noop("Choose all %s"),
    gettext_noop("Choose selected %s"),
    gettext_noop('Remove %s by selecting them and then select the "Remove" arrow button.'),
    gettext_noop("Remove all %s"),
    gettext_noop("Remove selected %s"),
)
"""Texts of Django's scripts that its own catalogs lack."""


class ScriptCatalog(JavaScriptCatalog):
    """Django's catalog for scripts of the admin site, with the portal's translations."""

    packages = ["django.contrib.admin"]

    def get_catalog(self) -> dict[str, Any]:
        return {**super().get_catalog(), **{text: gettext(text) for text in SCRIPT_TEXTS}}


def show_catalog(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG001 (signature of Django)
    """Return the catalog, which the pages with two boxes load."""
    response = ScriptCatalog.as_view()(request)
    assert isinstance(response, HttpResponse)
    return response
