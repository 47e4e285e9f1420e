from __future__ import annotations

from django.urls import include, path, re_path

from sessions_app.api import docs
from sessions_app.api.app import api, unknown, with_problems

patterns, _, namespace = api.urls
for pattern in patterns:
    pattern.callback = with_problems(pattern.callback)

# /api/
urlpatterns = [
    path("v1/docs", docs.page, name="api-docs"),
    path("v1/", include((patterns, namespace), namespace=namespace)),
    re_path("", unknown, name="api-unknown"),
]
