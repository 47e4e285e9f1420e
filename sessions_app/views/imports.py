"""Importing a ZIP as a new session."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from sessions_app.operations import imports
from sessions_app.views.answers import SignedInRequest, body_of, json_view, page_view, text_in
from sessions_app.views.lookups import uploads_of


@require_safe
@page_view
def page(request: SignedInRequest) -> HttpResponse:
    return render(request, "imports/new.html")


@require_POST
@json_view
def create(request: SignedInRequest) -> HttpResponse:
    body = body_of(request)
    (upload,) = uploads_of(request.user, [text_in(body, "upload")])
    name = text_in(body, "name", default="")
    job = imports.request(upload=upload, owner=request.user, name=name, now=timezone.now())
    return JsonResponse({"job": str(job.code), "url": reverse("job-detail", args=[job.code])}, status=202)
