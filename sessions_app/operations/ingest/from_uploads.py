"""Files that have arrived become blobs: alone, out of packs, or as they are in the store already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter

from dubbing_core.digests import Digest, Digester
from dubbing_core.paths import escape_for_message
from sessions_app.models import Blob, Upload
from sessions_app.operations.errors import BadInputError
from sessions_app.operations.ingest import blobs as intake
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.uploads import lifecycle as uploads
from sessions_app.operations.uploads.lifecycle import Arriving
from sessions_app.storage.ingest import Staged
from sessions_app.storage.keys import blob_key
from sessions_app.storage.store import BlobReader


def read(store: BlobReader, file: Arriving) -> Iterator[bytes]:
    blob = file.upload.blob
    if blob is not None and blob.state == Blob.State.STORED:
        return store.read(blob_key(blob.sha256), 0, file.size)
    return store.read(uploads.object_key(file.upload), file.start, file.start + file.size)


def take_in(context: JobContext, files: Sequence[Arriving]) -> dict[str, Blob]:
    """Make a blob of every file; an earlier attempt's work is not done again."""
    known = {
        file.path: file.upload.blob
        for file in files
        if file.upload.blob and file.upload.blob.state == Blob.State.STORED
    }
    context.advance(sum(blob.size for blob in known.values()))
    alone = [file for file in files if file.path not in known and file.upload.members is None]
    packed = [file for file in files if file.upload.members is not None]
    rest = [*alone, *packed]
    pin = intake.pinned(context.job.pk)

    def keep(blobs: Mapping[int, Blob]) -> None:
        whole = {rest[place].upload: blob for place, blob in blobs.items() if place < len(alone)}
        for upload, blob in whole.items():
            upload.blob = blob
        Upload.objects.bulk_update(whole, ["blob"])
        pin({place: blob for place, blob in blobs.items() if place >= len(alone)})

    packs = [*_packs(context.store, alone, 0), *_packs(context.store, packed, len(alone))]
    stored = intake.take_in(
        packs, store=context.store, keep=keep, on_bytes=context.advance, now=context.clock()
    )
    return {**known, **{file.path: blob for file, blob in zip(rest, stored, strict=True)}}


def _packs(store: BlobReader, files: Sequence[Arriving], first: int) -> Iterator[intake.Pack]:
    """Yield the files in portions; ``first`` is the place of the first one."""
    sizes = [file.size for file in files]
    for run in intake.runs(sizes):
        some = [files[place] for place in run]
        yield intake.Pack(
            places=[first + place for place in run],
            size=sum(file.size for file in some),
            stage=partial(_stage, store, some),
        )


def _stage(store: BlobReader, files: Sequence[Arriving], on_bytes: intake.OnBytes) -> list[Staged]:
    if files[0].upload.members is not None:
        return list(_stage_packed(store, files, on_bytes))
    return [
        Staged(digest=_digest(store, file, on_bytes), key=uploads.object_key(file.upload)) for file in files
    ]


def _stage_packed(store: BlobReader, files: Sequence[Arriving], on_bytes: intake.OnBytes) -> Iterator[Staged]:
    """Cut small files out of the packs they came in: a reading for each pack that they lie in."""
    for upload, some in groupby(files, key=attrgetter("upload")):
        run = list(some)
        start, end = run[0].start, run[-1].start + run[-1].size
        data = b"".join(store.read(uploads.object_key(upload), start, end)) if end > start else b""
        for file in run:
            digester = Digester()
            digester.update(piece := data[file.start - start : file.start - start + file.size])
            on_bytes(file.size)
            yield Staged(digest=_checked(digester.digest(), file), data=piece)


def _digest(store: BlobReader, file: Arriving, on_bytes: intake.OnBytes) -> Digest:
    blob = file.upload.blob
    if blob is not None:
        # An earlier attempt hashed it and may or may not have promoted it: promoting is idempotent.
        on_bytes(file.size)
        return Digest(sha256=blob.sha256, crc32=blob.crc32, size=blob.size)
    digester = Digester()
    for chunk in store.read(uploads.object_key(file.upload), 0, file.size):
        digester.update(chunk)
        on_bytes(len(chunk))
    return _checked(digester.digest(), file)


class DigestDiffersError(BadInputError):
    """What arrived is not what was announced."""

    code = "digest_differs"

    def __init__(self, file: Arriving) -> None:
        super().__init__(
            f"“{escape_for_message(file.path)}” is not the file that was announced: its SHA-256 differs. It may have changed while"
            " it was sent. Send it again."
        )
        self.upload = file.upload


def _checked(digest: Digest, file: Arriving) -> Digest:
    if file.sha256 and digest.sha256 != file.sha256:
        raise DigestDiffersError(file)
    return digest
