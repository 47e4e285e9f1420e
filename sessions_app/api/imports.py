"""ZIPs that become sessions."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from sessions_app import models
from sessions_app.access import Action
from sessions_app.api.auth import ApiRequest
from sessions_app.api.endpoints import write_endpoint
from sessions_app.api.idempotency import once
from sessions_app.api.jobs import Job, address_of
from sessions_app.http.lookups import get_upload_or_404
from sessions_app.operations.imports import job as imports

router = Router()


class NewImport(BaseModel):
    model_config = ConfigDict(extra="forbid")

    upload: UUID
    """A ZIP that was uploaded."""
    name: str = Field("", max_length=1000)
    """Empty: as the ZIP is called."""


@router.post(
    "/imports",
    **write_endpoint(
        Job,
        status=202,
        is_idempotent=True,
        operation_id="create_import",
        summary="Make sessions of an uploaded ZIP",
    ),
)
@once(status=202, location=address_of)
def create_import(request: ApiRequest, body: NewImport) -> Job:
    return _requested(request, body, models.Job.Kind.IMPORT)


@router.post(
    "/imports/preview",
    **write_endpoint(
        Job,
        status=202,
        is_idempotent=True,
        operation_id="preview_import",
        summary="Find out what an import would make, and store nothing",
    ),
)
@once(status=202, location=address_of)
def preview_import(request: ApiRequest, body: NewImport) -> Job:
    return _requested(request, body, models.Job.Kind.PREVIEW)


def _requested(request: ApiRequest, body: NewImport, kind: models.Job.Kind) -> Job:
    user = request.auth.user
    upload = get_upload_or_404(user, body.upload, Action.EDIT)
    job = imports.request(upload=upload, owner=user, name=body.name, now=timezone.now(), kind=kind)
    return Job.of(job)
