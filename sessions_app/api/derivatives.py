"""Derivatives of audio and video: posters, waveforms, light copies and others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.http import HttpResponseBase, HttpResponseRedirect
from ninja import Router
from pydantic import BaseModel

from sessions_app import models
from sessions_app.api.auth import ApiRequest
from sessions_app.api.downloads import api_download_response
from sessions_app.api.endpoints import OCTETS, binary_responses, read_endpoint
from sessions_app.api.problems import not_found
from sessions_app.http.downloads import derivative_download
from sessions_app.http.lookups import get_any_session_or_404
from sessions_app.media.plan import Kind
from sessions_app.media.types import DERIVED_TYPES
from sessions_app.queries.derivative_states import (
    DerivativeState,
    FileDerivative,
    describe_derivatives,
    group_derivatives,
)
from sessions_app.queries.derivatives import find_derivative, get_posters
from sessions_app.translation import localize

router = Router()

RESPONSES = binary_responses(OCTETS)
RESPONSES["responses"][302] = {"description": "It was made again: its present address"}


class Poster(BaseModel):
    """The picture that stands for a session."""

    url: str
    """Path of the portal, for the same token."""
    width: int
    height: int


class Derivative(BaseModel):
    """What was made, will be made or cannot be made of an audio or video file."""

    state: DerivativeState
    """`queued` ones are made by a worker for media, or for light copies, while one runs."""
    reason: str
    """Why it cannot be made, as a sentence; empty otherwise."""
    url: str | None
    """Path of the portal, for the same token. It contains the hash of the bytes: what it leads to never changes."""
    media_type: str
    size: int
    """In bytes."""
    sha256: str
    details: dict[str, float | None]
    """Values that describe it: `width` and `height` of pictures, `rate` of waveforms, `integrated` loudness and others."""

    @classmethod
    def of(cls, found: FileDerivative, *, session: UUID, source: str) -> Derivative:
        row = found.row
        has_bytes = row is not None and bool(row.extension)
        return cls(
            state=found.state,
            reason=localize(row.reason) if row is not None else "",
            url=_derivative_url(session, source, row.name) if row is not None and has_bytes else None,
            media_type=DERIVED_TYPES[row.extension] if row is not None and has_bytes else "",
            size=row.size if row is not None else 0,
            sha256=row.sha256 if row is not None else "",
            details=row.details if row is not None else {},
        )


def list_derivatives(
    session: UUID, entries: Iterable[models.Entry]
) -> Mapping[int, Mapping[Kind, Derivative]]:
    """Return the derivatives of entries whose media were read, by entry: one query.

    :param entries: with their blobs and media loaded.
    """
    read = {entry.pk: entry for entry in entries if getattr(entry.blob, "media", None) is not None}
    made = group_derivatives(entry.blob_id for entry in read.values())
    return {
        key: {
            kind: Derivative.of(found, session=session, source=entry.blob.sha256)
            for kind, found in describe_derivatives(
                entry.blob.media.facts, entry.path, made.get(entry.blob_id, {})
            ).items()
        }
        for key, entry in read.items()
    }


def list_posters(sessions: Iterable[models.DubbingSession]) -> Mapping[int, Poster]:
    """Return the posters of sessions by primary key: one query."""
    found = get_posters(sessions, make_url=_derivative_url)
    return {
        key: Poster(url=each.poster.url, width=each.poster.width, height=each.poster.height)
        for key, each in found.items()
    }


def _derivative_url(session: object, source: str, name: str) -> str:
    return f"/api/v1/sessions/{session}/media/{source}/{name}"


@router.api_operation(
    ["GET", "HEAD"],
    "/sessions/{uuid:code}/media/{str:sha256}/{str:name}",
    **read_endpoint(
        None,
        is_rate_limited=False,
        operation_id="get_derivative",
        summary="Download a poster, waveform, light copy or another derivative; supports Range and If-Range",
        description="Its address is in `derivatives` of the entries, and in `poster` of sessions.",
        openapi_extra=RESPONSES,
    ),
)
def get_derivative(request: ApiRequest, code: UUID, sha256: str, name: str) -> HttpResponseBase:
    session = get_any_session_or_404(request.auth.user, code)
    found = find_derivative(session.pk, sha256, name)
    if found is None:
        raise not_found()
    if found.name != name:
        return HttpResponseRedirect(_derivative_url(code, sha256, found.name))
    return api_download_response(request, derivative_download(found))
