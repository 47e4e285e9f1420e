"""Lookup of blobs that are already stored."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.queries.blobs import find_readable_blobs

router = Router()

MAX_BLOBS = 10_000
MAX_SIZE = 2**63 - 1

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
ModificationTime = Annotated[
    int | None,
    Field(ge=-(2**63), lt=2**63, description="Nanoseconds since 1970, as `st_mtime_ns`; null if unknown."),
]
Executable = Annotated[
    bool | None, Field(description="Executable bit; null or absent for that of the file that it replaces.")
]


class BlobId(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sha256: Sha256
    size: int = Field(ge=0, le=MAX_SIZE)


class BlobIds(BaseModel):
    model_config = ConfigDict(extra="forbid")

    blobs: list[BlobId] = Field(min_length=1, max_length=MAX_BLOBS)


class MissingBlobs(BaseModel):
    missing: list[str]
    """SHA-256 of the blobs to upload, without duplicates."""


@router.post(
    "/blobs/missing",
    **read_endpoint(
        MissingBlobs,
        errors=(),
        operation_id="list_missing_blobs",
        summary="List the blobs that must be uploaded",
        description="Blobs that are not in a session of the caller are missing, even if other users have them.",
    ),
)
def list_missing_blobs(request: ApiRequest, body: BlobIds) -> MissingBlobs:
    sizes = {blob.sha256: blob.size for blob in body.blobs}
    known = find_readable_blobs(request.auth.user, sizes)
    stored = {sha256 for sha256, blob in known.items() if blob.size == sizes[sha256]}
    return MissingBlobs(missing=[sha256 for sha256 in sizes if sha256 not in stored])
