"""Import of a ZIP: a resumable upload, and the portal's import job."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from dubbing_client.api import Api
from dubbing_client.errors import FolderError, JobFailedError, Problem, UsageError
from dubbing_client.file_hashes import hash_file
from dubbing_client.import_choice import ImportChoice
from dubbing_client.jobs import wait_for_job
from dubbing_client.objects import Job
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.uploader import LocalFile, NewUpload, Uploader
from dubbing_core.zips.name_encodings import READABLE_CODES

EVERYTHING = ImportChoice()


def import_archive(
    api: Api,
    file: Path,
    *,
    name: str = "",
    reading: str = "",
    dry_run: bool = False,
    choice: ImportChoice = EVERYTHING,
    listener: ProgressListener = NO_PROGRESS,
) -> Job:
    """Import a ZIP, or only preview the import; return the finished job.

    :param name: the session's name; by default the archive's.
    :param reading: how names that are not UTF-8 are read, a value of `NameReading`; "" refuses them, or previews the most
        plausible one.
    :param choice: single sessions of the ZIP, and other names for them.
    :raises FolderError: the file cannot be read.
    :raises JobFailedError: the archive was refused.
    :raises UsageError: it has no such session.
    """
    if not file.is_file():
        raise FolderError(f"{file} is not a file.")
    listener.begin("hash", file.stat().st_size)
    file_hash = hash_file(file, name=file.name, on_bytes=lambda count: listener.advance("hash", count))
    listener.end("hash")
    local = LocalFile(path=file.name, place=file, stat=file_hash.stat, sha256=file_hash.sha256)
    listener.begin("send", local.size)
    try:
        with Uploader(api, on_bytes=lambda count: listener.advance("send", count)) as uploader:
            uploader.add([NewUpload((local,), is_pack=False)])
            (upload,) = uploader.finish()
    finally:
        listener.end("send")

    def run(*, dry_run: bool, sessions: list[dict[str, str]] | None = None) -> Job:
        # The key depends on the upload, so that the same command after a kill finds the same job.
        parameters = json.dumps([name, reading, dry_run, sessions], ensure_ascii=False)
        key = f"{upload}-{hashlib.sha256(parameters.encode()).hexdigest()[:16]}"
        job = api.create_import(
            upload, name=name, reading=reading, dry_run=dry_run, sessions=sessions, key=key
        )
        return wait_for_job(api, job, listener=listener)

    try:
        if not choice:
            return run(dry_run=dry_run)
        preview = run(dry_run=True)["result"]
        if preview.get("reading") and not reading:
            raise UsageError(f"The names in this ZIP can be read in several ways. {_advise_reading(file)}")
        return run(dry_run=dry_run, sessions=choice.find_sessions(preview))
    except JobFailedError as error:
        # The next attempt needs a new upload, and with it a new key.
        with contextlib.suppress(Problem):
            api.abort_upload(upload)
        if error.code in READABLE_CODES and not reading:
            raise JobFailedError(f"{error} {_advise_reading(file)}", code=error.code, job=error.job) from None
        raise


def _advise_reading(file: Path) -> str:
    return f"Compare the names in “dubs import {file.name} --dry-run”, then import with --reading."
