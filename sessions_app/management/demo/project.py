"""The demo project: three versions, saved through the usual operations."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User

from sessions_app.access import visible_to
from sessions_app.management.demo import script, state
from sessions_app.management.demo.script import VIDEO_NAME
from sessions_app.models import DubbingSession, Job, Upload
from sessions_app.operations.errors import OperationError
from sessions_app.operations.jobs.run import run_job
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.names import suggest_name
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.uploads.complete import complete_uploads
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.operations.uploads.receive import put_part
from sessions_app.storage.part_sizes import choose_part_size

Clock = Callable[[], datetime]

TEXT_FILES = {
    "transcriptions/original_asr.json": script.make_original_asr,
    "transcriptions/chunked_transcript.json": script.make_chunked_transcript,
    "translations/translated.json": script.make_translated,
    "translations/language_translations.json": script.make_language_translations,
    "voices/voice_assignments.json": script.make_voice_assignments,
}


@dataclass(frozen=True, kw_only=True)
class Day:
    message: str
    files: Sequence[str]
    """Paths, or folders ending in "/"."""


DAYS = (
    Day(
        message="Day 1: video transcribed, translated to Hindi and Spanish",
        files=(VIDEO_NAME, "transcriptions/", "translations/"),
    ),
    Day(
        message="Day 2: voices chosen, audio made, videos dubbed",
        files=("voices/", "audio/", "final_videos/"),
    ),
    Day(message="Day 3: own voice added, mixed with music", files=("custom_voices/", "mixed_videos/")),
)


def write_texts(folder: Path) -> None:
    for path, text in TEXT_FILES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text())


def save_project(folder: Path, *, owner: User, clock: Clock) -> DubbingSession:
    """Save the folder's files as one version per day.

    The unfinished session of an earlier attempt is deleted first.

    :raises OperationError: a save did not succeed.
    """
    _delete_unfinished(owner, now=clock())
    name = suggest_name(owner=owner, video_filename=VIDEO_NAME, now=clock())
    session = create_session(owner=owner, name=name, now=clock())
    state.record_start(session.code)
    for number, day in enumerate(DAYS):
        request = SaveRequest(parent=number, message=day.message)
        files = _upload_files(folder, list(_list_files(folder, day.files)), owner=owner, clock=clock)
        job = request_save(session=session, author=owner, files=files, request=request, now=clock())
        _run_to_end(job, clock=clock)
        session.refresh_from_db()
    state.record_completion(session.code)
    return session


def _delete_unfinished(owner: User, *, now: datetime) -> None:
    code = state.get_unfinished_session()
    session = visible_to(owner, DubbingSession.objects.filter(code=code)).first() if code else None
    if session is not None:
        trash_sessions(sessions=[session], now=now)
        purge_session(session=session, now=now)


def _list_files(folder: Path, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        if name.endswith("/"):
            yield from sorted(f"{name}{file.name}" for file in (folder / name).iterdir())
        else:
            yield name


def _upload_files(folder: Path, paths: Sequence[str], *, owner: User, clock: Clock) -> list[Upload]:
    new_files = [NewFile(path=path, size=(folder / path).stat().st_size) for path in paths]
    uploads: list[Upload] = []
    for upload in create_uploads(owner=owner, files=new_files, now=clock()):
        with (folder / upload.path).open("rb") as file:
            number = 0
            while part := file.read(choose_part_size(upload.size)):
                number += 1
                put_part(upload=upload, number=number, chunks=[part], now=clock())
        upload.refresh_from_db()
        uploads += complete_uploads(uploads=[upload], now=clock())
    return uploads


def _run_to_end(job: Job, *, clock: Clock) -> None:
    """Run the job in this process, or wait for a worker that has claimed it."""
    while not job.is_finished:
        run_job(job_id=job.pk, clock=clock)
        job.refresh_from_db()
        if not job.is_finished:
            time.sleep(0.2)
    if job.state != Job.State.SUCCEEDED:
        raise OperationError(job.error_message, code=job.error_code)
