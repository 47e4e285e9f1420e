"""Page with the reference of the API, which sends requests as well."""

from __future__ import annotations

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from sessions_app.api.app import api
from sessions_app.api.reference import Reference, build_reference


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    root = reverse("api:api-root")
    return render(request, "api/docs.html", {"reference": _get_reference(root)})


@cache
def _get_reference(root: str) -> Reference:
    """Return the reference of the API below a path."""
    return build_reference(api.get_openapi_schema(path_prefix=root))
