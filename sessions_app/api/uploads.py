"""Uploads of files and packs, part by part."""

from __future__ import annotations

from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from ninja import Query, Router, Status
from pydantic import BaseModel, ConfigDict, Field

from sessions_app import models
from sessions_app.access import Action, manageable_by, visible_to
from sessions_app.api.auth import ApiRequest
from sessions_app.api.blobs import MAX_SIZE, Executable, ModificationTime, Sha256
from sessions_app.api.endpoints import OCTETS, read_endpoint, write_endpoint
from sessions_app.api.idempotency import idempotent
from sessions_app.api.pagination import Cursor, Limit, Page, paginate
from sessions_app.http.bodies import stream_body
from sessions_app.http.lookups import get_upload_or_404, get_uploads_or_404
from sessions_app.http.transfers import claim_transfer
from sessions_app.operations.uploads import complete, create, discard, new_files, receive, sign
from sessions_app.operations.uploads.limits import (
    MAX_FILES_PER_PACK,
    MAX_PARTS_PER_CALL,
    MAX_UPLOADS_PER_CALL,
)
from sessions_app.operations.uploads.parts import part_count
from sessions_app.operations.uploads.resume import refresh_parts
from sessions_app.operations.uploads.sign import PartRequest
from sessions_app.queries.keyset import Order
from sessions_app.storage import get_store
from sessions_app.storage.part_sizes import choose_part_size
from sessions_app.storage.store import CHUNK_SIZE, SignedPart as StoreSignedPart

router = Router()

MAX_IDLE_MINUTES = 366 * 24 * 60

NEWEST_FIRST = Order(field="created_at", kind=datetime, is_descending=True)


class Part(BaseModel):
    number: int
    """From 1."""
    size: int
    etag: str


class ReceivedPart(Part):
    """A part that has just been sent."""

    complete: bool
    """Whether the upload is complete."""


class Upload(BaseModel):
    code: UUID
    path: str
    """Empty for a pack."""
    file_count: int
    size: int
    received: int
    part_size: int
    """Bytes of every part except the last."""
    part_count: int
    parts: list[Part]
    """Received parts."""
    state: Literal["receiving", "received"]
    direct: bool
    """Whether parts are sent to the object store by signed URL (never with an access token), or to this API."""
    expires_at: datetime

    @classmethod
    def of(cls, upload: models.Upload) -> Upload:
        store = get_store()
        return cls.model_validate(
            {
                "code": upload.code,
                "path": upload.path,
                "file_count": upload.file_count,
                "size": upload.size,
                "received": upload.received,
                "part_size": choose_part_size(upload.size),
                "part_count": part_count(upload),
                "parts": upload.parts,
                "state": upload.state,
                "direct": store.capabilities.direct_parts is not None and upload.size > 0,
                "expires_at": upload.expires_at,
            }
        )


class Uploads(BaseModel):
    uploads: list[Upload]
    """In the order of the request."""


class NewFile(BaseModel):
    """A file to upload."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(max_length=4096)
    """Path in the folder, with slashes."""
    size: int = Field(ge=0, le=MAX_SIZE)
    sha256: Sha256 | None = None
    executable: Executable = None
    mtime_ns: ModificationTime = None


class NewPack(BaseModel):
    """Small files in one upload: their bytes concatenated."""

    model_config = ConfigDict(extra="forbid")

    files: list[NewFile] = Field(min_length=1, max_length=MAX_FILES_PER_PACK)


class NewUploads(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uploads: list[NewFile | NewPack] = Field(min_length=1, max_length=MAX_UPLOADS_PER_CALL)


class UploadCodes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uploads: list[UUID] = Field(min_length=1, max_length=MAX_UPLOADS_PER_CALL)


class PartToSign(BaseModel):
    model_config = ConfigDict(extra="forbid")

    upload: UUID
    number: int = Field(ge=1, le=2**31 - 1)


class SignRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    parts: list[PartToSign] = Field(min_length=1, max_length=MAX_PARTS_PER_CALL)


class SignedPart(BaseModel):
    upload: UUID
    number: int
    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str]
    """Headers to send with the part."""
    expires_at: datetime


class PartSigner(BaseModel):
    parts: list[SignedPart]
    """In the order of the request."""


class DiscardedUploads(BaseModel):
    count: int
    size: int
    """Bytes that count toward the quota no longer."""


@router.post(
    "/uploads",
    **write_endpoint(
        Uploads,
        status=201,
        errors=(409, 413),
        is_idempotent=True,
        operation_id="create_uploads",
        summary="Create uploads",
        description=(
            "If every file has a `sha256`, an unused upload of the same files is returned with its received parts, so that"
            " an interrupted upload resumes."
        ),
    ),
)
@idempotent(status=201)
def create_uploads(request: ApiRequest, body: NewUploads) -> Uploads:
    files = [_new_upload(each) for each in body.uploads]
    uploads = create.create_uploads(owner=request.auth.user, files=files, now=timezone.now())
    return Uploads(uploads=[Upload.of(upload) for upload in uploads])


def _new_upload(each: NewFile | NewPack) -> new_files.NewFile | new_files.NewPack:
    if isinstance(each, NewPack):
        return new_files.NewPack(files=[_new_file(file) for file in each.files])
    return _new_file(each)


def _new_file(file: NewFile) -> new_files.NewFile:
    return new_files.NewFile(
        path=file.path,
        size=file.size,
        sha256=file.sha256 or "",
        is_executable=file.executable,
        mtime_ns=file.mtime_ns,
    )


@router.get(
    "/uploads",
    **read_endpoint(
        Page[Upload], errors=(), operation_id="list_uploads", summary="List uploads, newest first"
    ),
)
def list_uploads(request: ApiRequest, limit: Limit, cursor: Cursor) -> Page[Upload]:
    rows = visible_to(request.auth.user, models.Upload.objects.all())
    page, next_cursor = paginate(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    refresh_parts(page)
    return Page(items=[Upload.of(row) for row in page], next=next_cursor)


@router.delete(
    "/uploads",
    **write_endpoint(
        DiscardedUploads,
        errors=(),
        operation_id="discard_uploads",
        summary="Discard all unfinished uploads",
        description="Uploads that a job reads stay.",
    ),
)
def discard_uploads(
    request: ApiRequest,
    *,
    idle_minutes: Annotated[
        int,
        Query(
            0, ge=0, le=MAX_IDLE_MINUTES, description="Keep uploads that received a part within this time."
        ),
    ],
) -> DiscardedUploads:
    idle_since = timezone.now() - timedelta(minutes=idle_minutes) if idle_minutes else None
    uploads = manageable_by(request.auth.user, models.Upload.objects.all())
    discarded = discard.discard_uploads(uploads=uploads, idle_since=idle_since)
    return DiscardedUploads(count=discarded.count, size=discarded.size)


@router.get(
    "/uploads/{uuid:code}",
    **read_endpoint(Upload, operation_id="get_upload", summary="Get an upload with its received parts"),
)
def get_upload(request: ApiRequest, code: UUID) -> Upload:
    upload = get_upload_or_404(request.auth.user, code)
    refresh_parts([upload])
    return Upload.of(upload)


@router.delete(
    "/uploads/{uuid:code}",
    **write_endpoint(None, status=204, operation_id="discard_upload", summary="Discard an upload"),
)
def discard_upload(request: ApiRequest, code: UUID) -> Status[None]:
    discard.discard_upload(upload=get_upload_or_404(request.auth.user, code, Action.EDIT))
    return Status(HTTPStatus.NO_CONTENT, None)


@router.post(
    "/uploads/sign",
    **write_endpoint(
        PartSigner,
        errors=(404, 409, 413),
        operation_id="sign_parts",
        summary="Get the URLs to which parts are sent",
        description=(
            "Parts of a direct upload have a signed URL of the object store, valid for one part and a limited time: never send"
            " an access token there. Parts of other uploads have a URL of this API."
        ),
    ),
)
def sign_parts(request: ApiRequest, body: SignRequest) -> PartSigner:
    codes = list(dict.fromkeys(part.upload for part in body.parts))
    uploads = {upload.code: upload for upload in get_uploads_or_404(request.auth.user, codes, Action.EDIT)}
    parts = [PartRequest(upload=uploads[part.upload], number=part.number) for part in body.parts]
    signed = sign.sign_parts(parts=parts, now=timezone.now())
    return PartSigner(
        parts=[
            _signed_part(request, part, from_store) for part, from_store in zip(parts, signed, strict=True)
        ]
    )


def _signed_part(request: ApiRequest, part: PartRequest, from_store: StoreSignedPart | None) -> SignedPart:
    code = part.upload.code
    if from_store is None:
        url = request.build_absolute_uri(reverse("api:put_part", args=[code, part.number]))
        return SignedPart(
            upload=code, number=part.number, url=url, headers={}, expires_at=part.upload.expires_at
        )
    return SignedPart(
        upload=code,
        number=part.number,
        url=from_store.url,
        headers=dict(from_store.headers),
        expires_at=from_store.expires_at,
    )


@router.put(
    "/uploads/{uuid:code}/parts/{int:number}",
    **write_endpoint(
        ReceivedPart,
        errors=(404, 409, 413),
        is_rate_limited=False,
        operation_id="put_part",
        summary="Upload a part",
        description=(
            "A part that is sent again replaces the earlier one. With `complete=true` an upload without missing parts is"
            " completed at once, as by the operation “Complete uploads”; the response reports whether it is complete."
        ),
        openapi_extra={"requestBody": {"required": True, "content": OCTETS}},
    ),
)
def put_part(
    request: ApiRequest,
    response: HttpResponse,
    *,
    code: UUID,
    number: int,
    complete: Annotated[
        bool, Query(False, description="Complete the upload if this was its last missing part.")
    ],
) -> ReceivedPart:
    upload = get_upload_or_404(request.auth.user, code, Action.EDIT)
    claim_transfer(request)
    chunks = stream_body(request, CHUNK_SIZE)
    stored = receive.put_part(
        upload=upload, number=number, chunks=chunks, now=timezone.now(), completes=complete
    )
    response["ETag"] = f'"{stored.etag.strip(chr(34))}"'
    is_complete = upload.state == models.Upload.State.RECEIVED
    return ReceivedPart(number=stored.number, size=stored.size, etag=stored.etag, complete=is_complete)


@router.post(
    "/uploads/complete",
    **write_endpoint(
        Uploads, operation_id="complete_uploads", summary="Complete uploads whose parts were all sent"
    ),
)
def complete_uploads(request: ApiRequest, body: UploadCodes) -> Uploads:
    uploads = get_uploads_or_404(request.auth.user, body.uploads, Action.EDIT)
    completed = complete.complete_uploads(uploads=uploads, now=timezone.now())
    return Uploads(uploads=[Upload.of(upload) for upload in completed])
