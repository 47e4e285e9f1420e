"""URLs below /api/."""

from __future__ import annotations

from django.urls import URLPattern, include, path, re_path
from django.views.decorators.http import require_GET

from sessions_app.api import docs
from sessions_app.api.app import api, unknown_path, with_problem_responses

patterns, _, namespace = api.urls
for pattern in patterns:
    assert isinstance(pattern, URLPattern)
    view = pattern.callback
    if pattern.name == "openapi-json":  # Ninja's view accepts every method
        view = require_GET(view)
    pattern.callback = with_problem_responses(view)

urlpatterns = [
    path("v1/docs", docs.page, name="api-docs"),
    path("v1/", include((patterns, namespace), namespace=namespace)),
    re_path("", unknown_path, name="api-unknown"),
]
