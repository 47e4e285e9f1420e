"""Files on their way in. Scripts call these; a page's own script does."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from sessions_app.blobs import get_store
from sessions_app.blobs.store import CHUNK_SIZE
from sessions_app.domain.categories import find_metadata
from sessions_app.domain.paths import PathError, check_tree, clean_path
from sessions_app.models import Version
from sessions_app.operations import announcements, parts, placing, uploads
from sessions_app.operations.announcements import Announced
from sessions_app.operations.errors import BadInputError
from sessions_app.queries.manifests import held_by
from sessions_app.views.answers import (
    SignedInRequest,
    body_of,
    chunks_of,
    json_view,
    number_in,
    raw_texts_in,
    text_in,
    texts_in,
)
from sessions_app.views.lookups import session_of, upload_of, uploads_of

MAX_APART = 20


@require_POST
@json_view
def sort(request: SignedInRequest) -> HttpResponse:
    """Show where each file of a folder would go, before anything is sent."""
    body = body_of(request)
    paths: list[str] = []
    refused: list[dict[str, str]] = []
    for raw in raw_texts_in(body, "paths"):
        try:
            paths.append(clean_path(raw))
        except PathError as error:
            refused.append({"path": raw, "code": error.code, "message": str(error)})
    refused += _apart(paths)
    held = held_by(_current(request, text_in(body, "session", default="")))
    placements = placing.place(paths, on=held, rooted=False)
    placed = [
        {
            "source": placed.source,
            "path": placed.path,
            "category": placed.category.value,
            "label": placed.category.label,
            "language": placed.language,
        }
        for placed in placements
    ]
    return JsonResponse({"files": placed, "refused": refused, "metadata": find_metadata(paths)})


def _apart(paths: list[str]) -> list[dict[str, str]]:
    """Take out of ``paths`` what cannot lie beside the others, and tell why.

    :raises BadInputError: that are so many that the folder must be put in order first.
    """
    refused: list[dict[str, str]] = []
    while True:
        try:
            check_tree(paths)
        except PathError as error:
            if len(refused) == MAX_APART:
                raise BadInputError(str(error), code=error.code) from error
            paths.remove(error.path)
            refused.append({"path": error.path, "code": error.code, "message": str(error)})
        else:
            return refused


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
