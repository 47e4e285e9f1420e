"""Imports: uploaded ZIPs become sessions."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from ninja import Router

from sessions_app import models
from sessions_app.access import Action
from sessions_app.api.auth import ApiRequest
from sessions_app.api.chosen_imports import ChosenImport
from sessions_app.api.endpoints import write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.jobs import Job, job_url
from sessions_app.http.lookups import get_upload_or_404
from sessions_app.operations.imports.request import request_import

router = Router()


class NewImport(ChosenImport):
    upload: UUID
    """Code of a complete upload of a ZIP."""


@router.post(
    "/imports",
    **write_endpoint(
        Job,
        status=202,
        is_idempotent=True,
        operation_id="create_import",
        summary="Import an uploaded ZIP",
    ),
)
@idempotent(status=202, location=job_url)
def create_import(request: ApiRequest, body: NewImport) -> Job:
    return _request(request, body, models.Job.Kind.IMPORT)


@router.post(
    "/imports/preview",
    **write_endpoint(
        Job,
        status=202,
        is_idempotent=True,
        operation_id="preview_import",
        summary="Preview an import; nothing is stored",
    ),
)
@idempotent(status=202, location=job_url)
def preview_import(request: ApiRequest, body: NewImport) -> Job:
    return _request(request, body, models.Job.Kind.PREVIEW)


def _request(request: ApiRequest, body: NewImport, kind: models.Job.Kind) -> Job:
    user = request.auth.user
    upload = get_upload_or_404(user, body.upload, Action.EDIT)
    job = request_import(upload=upload, owner=user, choice=body.get_choice(), now=timezone.now(), kind=kind)
    return Job.of(job)
