"""Ingest of uploads: single files, packed files, files whose blobs are stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from operator import attrgetter

from dubbing_core.digests import Digest, Digester
from dubbing_core.paths import escape_for_message
from dubbing_core.sentences import sentence
from sessions_app.models import Blob, Upload
from sessions_app.models.bulk import set_columns
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.ingest.batches import Batch, OnBytes, split_into_batches
from sessions_app.operations.ingest.blobs import ingest_blobs
from sessions_app.operations.ingest.rows import pin_for_job, try_to_claim_rows
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.uploads.files import UploadedFile
from sessions_app.operations.uploads.staging import object_key
from sessions_app.storage.keys import blob_key
from sessions_app.storage.staging import StagedBlob
from sessions_app.storage.store import BlobReader


class DigestDiffersError(BadInputError):
    """The uploaded bytes do not have the SHA-256 that the client declared."""

    code = "digest_differs"

    def __init__(self, file: UploadedFile) -> None:
        super().__init__(
            sentence(
                "“%(path)s” does not have the SHA-256 that was declared for it. It may have changed during "
                "the upload. Upload it again.",
                path=escape_for_message(file.path),
            )
        )
        self.upload = file.upload


def read_uploaded_file(store: BlobReader, file: UploadedFile) -> Iterator[bytes]:
    """Yield the file's bytes, from its blob or from the staging area."""
    blob = file.upload.blob
    if blob is not None and blob.state == Blob.State.STORED:
        return store.read(blob_key(blob.sha256), 0, file.size)
    return store.read(object_key(file.upload), file.start, file.start + file.size)


def claim_received_blobs(uploads: Sequence[Upload], *, now: datetime) -> None:
    """Claim the blobs of received uploads whose hashes are known.

    In the current transaction, for a job that starts at once: it claims those that cannot be claimed now.
    """
    hashed = [upload for upload in uploads if _has_digest(upload) and upload.blob_id is None]
    digests = {
        position: Digest(sha256=upload.received_sha256, crc32=upload.received_crc32, size=upload.size)
        for position, upload in enumerate(hashed)
    }
    if digests:
        try_to_claim_rows(
            digests,
            pin=lambda blobs: _pin_uploads({hashed[position]: blob for position, blob in blobs.items()}),
            now=now,
        )


def _has_digest(upload: Upload) -> bool:
    """Return whether an upload is a file whose hash is known, and as declared."""
    return (
        upload.members is None
        and bool(upload.received_sha256)
        and upload.sha256 in {"", upload.received_sha256}
    )


def _pin_uploads(blobs: Mapping[Upload, Blob]) -> None:
    """Let the uploads refer to their blobs, which pins these."""
    for upload, blob in blobs.items():
        upload.blob = blob
    set_columns(Upload, ["blob_id"], {upload.pk: [blob.pk] for upload, blob in blobs.items()})


def ingest_uploads(context: JobContext, files: Sequence[UploadedFile]) -> dict[str, Blob]:
    """Store the files; return their blobs by path.

    Blobs of an earlier attempt are reused.

    :raises DigestDiffersError: a file does not have the declared SHA-256.
    """
    stored = {
        file.path: file.upload.blob
        for file in files
        if file.upload.blob and file.upload.blob.state == Blob.State.STORED
    }
    context.advance(sum(blob.size for blob in stored.values()))
    single = [file for file in files if file.path not in stored and file.upload.members is None]
    packed = [file for file in files if file.upload.members is not None]
    remaining = [*single, *packed]
    pin_for_this_job = pin_for_job(context.job.pk)

    def pin(blobs: Mapping[int, Blob]) -> None:
        # A row of an upload pins its own blob. Files of packs have none.
        _pin_uploads(
            {remaining[position].upload: blob for position, blob in blobs.items() if position < len(single)}
        )
        if packed:
            pin_for_this_job({position: blob for position, blob in blobs.items() if position >= len(single)})

    batches = [*_plan_batches(context.store, single, 0), *_plan_batches(context.store, packed, len(single))]
    blobs = ingest_blobs(
        batches,
        # Their uploads have pinned them, at the request or in an earlier attempt.
        claimed={position: file.upload.blob for position, file in enumerate(single) if file.upload.blob},
        store=context.store,
        pin=pin,
        on_bytes=context.advance,
        now=context.clock(),
    )
    return {**stored, **{file.path: blob for file, blob in zip(remaining, blobs, strict=True)}}


def _plan_batches(store: BlobReader, files: Sequence[UploadedFile], first: int) -> Iterator[Batch]:
    """Yield the files in batches; ``first`` is the position of the first file."""
    for positions in split_into_batches([file.size for file in files]):
        batch = [files[position] for position in positions]
        yield Batch(
            positions=[first + position for position in positions],
            stage=partial(_stage, store, batch),
            is_hashed=all(_find_digest(file) is not None for file in batch),
        )


def _stage(store: BlobReader, files: Sequence[UploadedFile], on_bytes: OnBytes) -> list[StagedBlob]:
    if files[0].upload.members is not None:
        return list(_stage_packed(store, files, on_bytes))
    return [
        StagedBlob(digest=_hash(store, file, on_bytes), key=object_key(file.upload), is_durable=True)
        for file in files
    ]


def _stage_packed(
    store: BlobReader, files: Sequence[UploadedFile], on_bytes: OnBytes
) -> Iterator[StagedBlob]:
    """Cut small files out of their packs, with one read per pack."""
    for upload, group in groupby(files, key=attrgetter("upload")):
        members = list(group)
        start, end = members[0].start, members[-1].start + members[-1].size
        data = b"".join(store.read(object_key(upload), start, end)) if end > start else b""
        for file in members:
            digester = Digester()
            digester.update(content := data[file.start - start : file.start - start + file.size])
            on_bytes(file.size)
            yield StagedBlob(digest=_check_digest(digester.digest(), file), data=content)


def _hash(store: BlobReader, file: UploadedFile, on_bytes: OnBytes) -> Digest:
    digest = _find_digest(file)
    if digest is not None:
        on_bytes(file.size)
        return _check_digest(digest, file)
    digester = Digester()
    for chunk in store.read(object_key(file.upload), 0, file.size):
        digester.update(chunk)
        on_bytes(len(chunk))
    return _check_digest(digester.digest(), file)


def _find_digest(file: UploadedFile) -> Digest | None:
    """Return the digest of a file that is an upload, if it was computed before."""
    upload, blob = file.upload, file.upload.blob
    if upload.members is not None:
        return None
    if blob is not None:
        # An earlier attempt hashed it and may or may not have promoted it: promoting is idempotent.
        return Digest(sha256=blob.sha256, crc32=blob.crc32, size=blob.size)
    if upload.received_sha256:
        return Digest(sha256=upload.received_sha256, crc32=upload.received_crc32, size=upload.size)
    return None


def _check_digest(digest: Digest, file: UploadedFile) -> Digest:
    if file.sha256 and digest.sha256 != file.sha256:
        raise DigestDiffersError(file)
    return digest
