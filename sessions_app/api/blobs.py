"""Bytes by their SHA-256: which of them need not be sent."""

from __future__ import annotations

from typing import Annotated

from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import read_endpoint
from sessions_app.queries.blobs import find_readable_blobs

router = Router()

MOST = 10_000
MAX_SIZE = 2**63 - 1

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Named(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sha256: Sha256
    size: int = Field(ge=0, le=MAX_SIZE)


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    blobs: list[Named] = Field(min_length=1, max_length=MOST)


class Missing(BaseModel):
    missing: list[str]
    """Hashes of what has to be sent, each once."""


@router.post(
    "/blobs/missing",
    **read_endpoint(
        Missing,
        errors=(),
        operation_id="list_missing_blobs",
        summary="Which files have to be sent",
        description="What is in none of your sessions is missing, whoever else may have it.",
    ),
)
def list_missing_blobs(request: ApiRequest, body: Asked) -> Missing:
    sizes = {blob.sha256: blob.size for blob in body.blobs}
    known = find_readable_blobs(request.auth.user, sizes)
    there = {sha256 for sha256, blob in known.items() if blob.size == sizes[sha256]}
    return Missing(missing=[sha256 for sha256 in sizes if sha256 not in there])
