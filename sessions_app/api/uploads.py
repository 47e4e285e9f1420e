"""Files on their way in, part by part."""

from __future__ import annotations

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field

from sessions_app import models
from sessions_app.api.auth import ApiRequest
from sessions_app.api.declaring import OCTETS, reads, writes
from sessions_app.api.idempotency import once
from sessions_app.api.pages import Cursor, Limit, Order, Page, page_of
from sessions_app.api.problems import Refused
from sessions_app.blobs import get_store
from sessions_app.blobs.store import CHUNK_SIZE
from sessions_app.http.bodies import chunks_of
from sessions_app.http.lookups import upload_of, uploads_named
from sessions_app.operations import uploads
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.uploads import Announced

router = Router()

MOST = 1000
MOST_FILES = 5000
PACK_FILE_SIZE = 1024 * 1024
MAX_SIZE = 2**63 - 1
NEWEST_FIRST = Order(field="created_at", kind=datetime, descending=True)

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Part(BaseModel):
    number: int
    """From 1."""
    size: int
    etag: str


class Upload(BaseModel):
    code: UUID
    path: str
    """Empty for a pack."""
    files: int
    size: int
    received: int
    part_size: int
    """Bytes of every part but the last."""
    part_count: int
    parts: list[Part]
    """Those that have arrived."""
    state: Literal["receiving", "received"]
    direct: bool
    """Parts go by signed URL straight to the object store, never with your access token; else PUT them here."""
    expires_at: datetime

    @classmethod
    def of(cls, upload: models.Upload) -> Upload:
        store = get_store()
        return cls.model_validate(
            {
                "code": upload.code,
                "path": upload.path,
                "files": 1,
                "size": upload.size,
                "received": upload.received,
                "part_size": store.part_size,
                "part_count": uploads.part_count(upload, store),
                "parts": upload.parts,
                "state": upload.state,
                "direct": False,
                "expires_at": upload.expires_at,
            }
        )


class Uploads(BaseModel):
    uploads: list[Upload]
    """In the order asked for."""


class NewFile(BaseModel):
    """A file that is about to be sent."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(max_length=4096)
    """As it lies in the folder, with slashes."""
    size: int = Field(ge=0, le=MAX_SIZE)
    sha256: Sha256 | None = None


class NewUploads(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uploads: list[NewFile] = Field(min_length=1, max_length=MOST)


class Codes(BaseModel):
    model_config = ConfigDict(extra="forbid")

    uploads: list[UUID] = Field(min_length=1, max_length=MOST)


@router.post(
    "/uploads",
    **writes(
        Uploads,
        status=201,
        problems=(409, 413),
        idempotent=True,
        operation_id="create_uploads",
        summary="Announce files that are about to be sent",
    ),
)
@once(status=201)
def create_uploads(request: ApiRequest, body: NewUploads) -> Uploads:
    announced = [Announced(path=file.path, size=file.size) for file in body.uploads]
    opened = uploads.create(owner=request.auth.user, files=announced, now=timezone.now())
    return Uploads(uploads=[Upload.of(upload) for upload in opened])


@router.get(
    "/uploads",
    **reads(Page[Upload], problems=(), operation_id="list_uploads", summary="Uploads, the latest first"),
)
def list_uploads(request: ApiRequest, limit: Limit, cursor: Cursor) -> Page[Upload]:
    rows = models.Upload.objects.visible_to(request.auth.user)
    found, following = page_of(rows, order=NEWEST_FIRST, limit=limit, cursor=cursor)
    return Page(items=[Upload.of(row) for row in found], next=following)


@router.get(
    "/uploads/{uuid:code}",
    **reads(Upload, operation_id="get_upload", summary="What has arrived of an upload"),
)
def get_upload(request: ApiRequest, code: UUID) -> Upload:
    return Upload.of(upload_of(request.auth.user, code))


@router.delete(
    "/uploads/{uuid:code}",
    **writes(None, status=204, operation_id="discard_upload", summary="Give an upload up"),
)
def discard_upload(request: ApiRequest, code: UUID) -> None:
    uploads.give_up(upload=upload_of(request.auth.user, code))


@router.put(
    "/uploads/{uuid:code}/parts/{int:number}",
    **writes(
        Part,
        counted=False,
        operation_id="put_part",
        summary="Send a part's bytes",
        description="A part that comes again replaces the earlier one.",
        openapi_extra={"requestBody": {"required": True, "content": OCTETS}},
    ),
)
def put_part(request: ApiRequest, response: HttpResponse, code: UUID, number: int) -> Part:
    upload = upload_of(request.auth.user, code)
    chunks = chunks_of(request, CHUNK_SIZE)
    stored = uploads.put_part(upload=upload, number=number, chunks=chunks, now=timezone.now())
    response["ETag"] = f'"{stored.etag.strip(chr(34))}"'
    return Part(number=stored.number, size=stored.size, etag=stored.etag)


@router.post(
    "/uploads/complete",
    **writes(
        Uploads, operation_id="complete_uploads", summary="Tell that all parts of some uploads were sent"
    ),
)
def complete_uploads(request: ApiRequest, body: Codes) -> Uploads:
    done: list[Upload] = []
    incomplete: list[dict[str, object]] = []
    for upload in uploads_named(request.auth.user, body.uploads):
        try:
            done.append(Upload.of(uploads.complete(upload=upload, now=timezone.now())))
        except BadInputError as error:
            if error.code != "upload_incomplete":
                raise
            upload.refresh_from_db()
            incomplete.append({"upload": str(upload.code), "missing": _missing(upload)})
    if incomplete:
        raise Refused(
            HTTPStatus.CONFLICT,
            "upload_incomplete",
            "Parts are missing, or were lost. Send those, then complete again.",
            incomplete=incomplete,
        )
    return Uploads(uploads=done)


def _missing(upload: models.Upload) -> list[int]:
    arrived = {part["number"] for part in upload.parts}
    return [
        number for number in range(1, uploads.part_count(upload, get_store()) + 1) if number not in arrived
    ]
