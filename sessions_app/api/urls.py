"""URLs below /api/."""

from __future__ import annotations

from django.urls import include, path, re_path

from sessions_app.api import docs
from sessions_app.api.app import api, unknown_path, with_problem_responses

patterns, _, namespace = api.urls
for pattern in patterns:
    pattern.callback = with_problem_responses(pattern.callback)

urlpatterns = [
    path("v1/docs", docs.page, name="api-docs"),
    path("v1/", include((patterns, namespace), namespace=namespace)),
    re_path("", unknown_path, name="api-unknown"),
]
