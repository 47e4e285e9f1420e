"""Files on their way in. Scripts call these; a page's own script does."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.blobs import get_store
from sessions_app.blobs.store import CHUNK_SIZE
from sessions_app.http.bodies import chunks_of
from sessions_app.http.lookups import session_of, upload_of, uploads_of
from sessions_app.models import Version
from sessions_app.operations import announcements, parts, sortings, uploads
from sessions_app.operations.announcements import Announced
from sessions_app.operations.errors import BadInputError
from sessions_app.queries.manifests import held_by
from sessions_app.views.answers import (
    SignedInRequest,
    body_of,
    json_view,
    number_in,
    raw_texts_in,
    text_in,
    texts_in,
)


@require_POST
@json_view
def sort(request: SignedInRequest) -> HttpResponse:
    """Show where each file of a folder would go, before anything is sent."""
    body = body_of(request)
    on = held_by(_current(request, text_in(body, "session", default="")))
    sorting = sortings.sort(raw_texts_in(body, "paths"), on=on, rooted=False)
    placed = [
        {
            "source": placed.source,
            "path": placed.path,
            "category": placed.category.value,
            "label": placed.category.label,
            "language": placed.language,
        }
        for placed in sorting.placements
    ]
    refused = [asdict(refusal) for refusal in sorting.refused]
    return JsonResponse({"files": placed, "refused": refused, "metadata": sorting.metadata})


@require_POST
@json_view
def create(request: SignedInRequest) -> HttpResponse:
    files = body_of(request).get("files")
    if not isinstance(files, list):
        raise BadInputError("“files” must be a list.", code="bad_field")
    announced = [_announced(file) for file in files]
    opened = announcements.create(owner=request.user, files=announced, now=timezone.now())
    told = [{"code": str(upload.code), "path": upload.path, "size": upload.size} for upload in opened]
    return JsonResponse({"part_size": get_store().part_size, "uploads": told}, status=201)


def _current(request: SignedInRequest, code: str) -> Version | None:
    """Return the version that the files are to be saved on."""
    if not code:
        return None
    try:
        return session_of(request.user, UUID(code)).current
    except ValueError:
        raise BadInputError("“session” must be a session's code.", code="bad_field") from None


def _announced(file: Any) -> Announced:
    if not isinstance(file, dict):
        raise BadInputError("Each file must be an object with “path” and “size”.", code="bad_field")
    return Announced(path=text_in(file, "path"), size=number_in(file, "size"))


@require_http_methods(["PUT"])
@json_view
def part(request: SignedInRequest, code: UUID, number: int) -> HttpResponse:
    upload = upload_of(request.user, code)
    chunks = chunks_of(request, CHUNK_SIZE)
    stored = parts.put_part(upload=upload, number=number, chunks=chunks, now=timezone.now())
    return JsonResponse({"number": stored.number, "size": stored.size})


@require_POST
@json_view
def complete(request: SignedInRequest) -> HttpResponse:
    """Tell that all parts of some uploads were sent."""
    found = uploads_of(request.user, texts_in(body_of(request), "uploads"))
    parts.complete(uploads=found, now=timezone.now())
    return JsonResponse({"received": len(found)})


@require_http_methods(["DELETE"])
@json_view
def discard(request: SignedInRequest, code: UUID) -> HttpResponse:
    uploads.give_up(upload=upload_of(request.user, code))
    return HttpResponse(status=204)
