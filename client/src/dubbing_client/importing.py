"""Uploads a ZIP and has the portal make sessions of it; an upload that was killed goes on where it stopped."""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

from dubbing_client import jobs
from dubbing_client.api import Api
from dubbing_client.errors import FolderError, JobFailedError, Problem
from dubbing_client.events import SILENCE, Listener
from dubbing_client.hashing import hash_file
from dubbing_client.objects import Job
from dubbing_client.sending import LocalFile, Sender, Shipment


def import_(
    api: Api, file: Path, *, name: str = "", check: bool = False, listener: Listener = SILENCE
) -> Job:
    """Import a ZIP, or with ``check`` only tell what would become of it; return the job that did so.

    :param name: what the session is called; without one, as the archive says.
    :raises FolderError: the file cannot be read.
    :raises JobFailedError: the archive is refused; the sentence says why.
    """
    if not file.is_file():
        raise FolderError(f"{file} is no file.")
    listener.begin("hash", file.stat().st_size)
    hashed = hash_file(file, shown=file.name, on_bytes=lambda count: listener.advance("hash", count))
    listener.end("hash")
    local = LocalFile(path=file.name, place=file, stat=hashed.stat, sha256=hashed.sha256)
    listener.begin("send", local.size)
    try:
        with Sender(api, on_bytes=lambda count: listener.advance("send", count)) as sender:
            sender.add([Shipment((local,), is_pack=False)])
            (upload,) = sender.finish()
    finally:
        listener.end("send")
    # The upload names the import: killed after this, the same command asks what became of it.
    wanted = hashlib.sha256(f"{name}/{check}".encode()).hexdigest()[:16]
    job = api.import_(upload, name=name, check=check, key=f"{upload}-{wanted}")
    try:
        return jobs.wait_for(api, job, on_job=_follow(job, listener))
    except JobFailedError:
        # Another try shall be another import.
        with contextlib.suppress(Problem):
            api.abort_upload(upload)
        raise
    finally:
        listener.end("store")


def _follow(first: Job, listener: Listener) -> jobs.OnJob:
    done = 0
    listener.begin("store", first["total_bytes"])

    def on_job(job: Job) -> None:
        nonlocal done
        listener.advance("store", job["done_bytes"] - done)
        done = job["done_bytes"]

    return on_job
