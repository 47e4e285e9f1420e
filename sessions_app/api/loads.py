"""Loads: manifest, metadata and files of a version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Annotated
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from dubbing_core.zips.layout import BlobRange
from sessions_app.api.auth import ApiRequest
from sessions_app.api.downloads import api_download_response
from sessions_app.api.endpoints import NOT_MODIFIED_RESPONSE, OCTETS, binary_responses, read_endpoint
from sessions_app.api.problems import not_found
from sessions_app.api.versions import Entry
from sessions_app.exports.metadata_file import render_metadata_file
from sessions_app.exports.stream import stream_segments
from sessions_app.http.downloads import entry_download, etag_matches, with_first_chunk
from sessions_app.http.lookups import get_version_or_404
from sessions_app.http.transfers import claim_transfer, release_database
from sessions_app.models import Version
from sessions_app.operations.sessions.last_accessed import record_access
from sessions_app.queries.versions import find_blobs, find_entry, get_entries
from sessions_app.storage import get_store

router = Router()

MAX_BUNDLE_FILES = 2000
BATCH = 2000
"""Entries that are read and sent together."""


class Document(BaseModel):
    size: int
    sha256: str


class Manifest(BaseModel):
    """Contents of a version."""

    version: int
    fingerprint: str
    metadata: Document
    """The metadata.json of the session's tree, as in an export."""
    empty_folders: list[str]
    entries: list[Entry]


class BundleRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    paths: list[Annotated[str, Field(max_length=1024)]] = Field(min_length=1, max_length=MAX_BUNDLE_FILES)
    """Paths of the version's entries."""


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/manifest",
    **read_endpoint(
        Manifest,
        operation_id="get_manifest",
        summary="Get all entries of a version at once",
        openapi_extra=NOT_MODIFIED_RESPONSE,
    ),
)
def get_manifest(request: ApiRequest, code: UUID, number: int) -> HttpResponseBase:
    version = get_version_or_404(request.auth.user, code, number)
    etag = f'"{version.fingerprint}{version.texts_digest}{version.stage}"'
    if etag_matches(request, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    claim_transfer(request)
    response = StreamingHttpResponse(
        (part.encode() for part in _manifest(version)), content_type="application/json"
    )
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


def _manifest(version: Version) -> Iterator[str]:
    document = _document(version)
    head = {
        "version": version.number,
        "fingerprint": version.fingerprint,
        "metadata": {"size": len(document), "sha256": hashlib.sha256(document).hexdigest()},
        "empty_folders": version.empty_folders,
    }
    yield json.dumps(head)[:-1] + ', "entries": ['
    rows = get_entries(version).select_related("blob").order_by("path")
    separator = ""
    batch = list(rows[:BATCH])
    while batch:
        text = ",\n".join(json.dumps(Entry.as_dict(row), separators=(",", ":")) for row in batch)
        # A cursor would hold a database connection for as long as the client reads.
        release_database()
        yield separator + text
        if len(batch) < BATCH:
            break
        separator = ",\n"
        batch = list(rows.filter(path__gt=batch[-1].path)[:BATCH])
    yield "]}"


def _document(version: Version) -> bytes:
    return render_metadata_file(version.complete_metadata, session_name=version.session.name)


@router.get(
    "/sessions/{uuid:code}/versions/{int:number}/metadata.json",
    **read_endpoint(
        None,
        operation_id="get_metadata",
        summary="Get metadata.json as in an export",
        openapi_extra={
            "responses": {
                200: {"content": {"application/json": {"schema": {"type": "object"}}}},
                **NOT_MODIFIED_RESPONSE["responses"],
            }
        },
    ),
)
def get_metadata(request: ApiRequest, code: UUID, number: int) -> HttpResponse:
    document = _document(get_version_or_404(request.auth.user, code, number))
    etag = f'"{hashlib.sha256(document).hexdigest()}"'
    if etag_matches(request, etag):
        return HttpResponse(status=304, headers={"ETag": etag})
    return HttpResponse(document, content_type="application/json", headers={"ETag": etag})


@router.api_operation(
    ["GET", "HEAD"],
    "/sessions/{uuid:code}/versions/{int:number}/files/{path:path}",
    **read_endpoint(
        None,
        is_rate_limited=False,
        operation_id="get_file",
        summary="Download a file; supports Range and If-Range",
        openapi_extra=binary_responses(OCTETS),
    ),
)
def get_file(request: ApiRequest, code: UUID, number: int, path: str) -> HttpResponseBase:
    version = get_version_or_404(request.auth.user, code, number)
    entry = find_entry(version, path)
    if entry is None:
        raise not_found()
    record_access(session=version.session, now=timezone.now())
    return api_download_response(request, entry_download(entry))


@router.post(
    "/sessions/{uuid:code}/versions/{int:number}/bundle",
    **read_endpoint(
        None,
        is_rate_limited=False,
        operation_id="get_bundle",
        summary="Download several small files at once",
        description="The concatenated bytes of the files, in the order of the request; the manifest contains their sizes.",
        openapi_extra=binary_responses(OCTETS, ranges=False),
    ),
)
def get_bundle(request: ApiRequest, code: UUID, number: int, body: BundleRequest) -> HttpResponseBase:
    version = get_version_or_404(request.auth.user, code, number)
    blobs_by_path = find_blobs(version, body.paths)
    if missing := [path for path in body.paths if path not in blobs_by_path]:
        raise not_found(
            gettext("Version %(number)s has no file “%(missing)s”. Nothing was sent.")
            % {"number": number, "missing": missing[0]}
        )
    record_access(session=version.session, now=timezone.now())
    claim_transfer(request)
    blobs = [blobs_by_path[path] for path in body.paths]
    size = sum(blob.size for blob in blobs)
    segments = [BlobRange(blob.sha256, 0, blob.size) for blob in blobs if blob.size]
    chunks = with_first_chunk(stream_segments(segments, reader=get_store())) if segments else iter(())
    response = StreamingHttpResponse(chunks, content_type="application/octet-stream")
    response["Content-Length"] = str(size)
    response["X-Content-Type-Options"] = "nosniff"
    return response
