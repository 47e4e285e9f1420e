"""Saves the demo project as people would: three days' work, three versions, through the same operations as everything else."""

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

WRITINGS = {
    "transcriptions/original_asr.json": script.original_asr,
    "transcriptions/chunked_transcript.json": script.chunked_transcript,
    "translations/translated.json": script.translated,
    "translations/language_translations.json": script.language_translations,
    "voices/voice_assignments.json": script.voice_assignments,
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
    for path, text in WRITINGS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(text())


def save(folder: Path, *, owner: User, clock: Clock) -> DubbingSession:
    """Save the project that lies in the folder, day by day. A half-made one of an earlier try goes first.

    :raises OperationError: a save did not succeed.
    """
    _remove_unfinished(owner, now=clock())
    name = suggest_name(owner=owner, video_filename=VIDEO_NAME, now=clock())
    session = create_session(owner=owner, name=name, now=clock())
    state.note_begun(session.code)
    for number, day in enumerate(DAYS):
        request = SaveRequest(parent=number, message=day.message)
        files = _send(folder, list(_chosen(folder, day.files)), owner=owner, clock=clock)
        job = request_save(session=session, author=owner, files=files, request=request, now=clock())
        _finish(job, clock=clock)
        session.refresh_from_db()
    state.note_made(session.code)
    return session


def _remove_unfinished(owner: User, *, now: datetime) -> None:
    code = state.unfinished_session()
    session = visible_to(owner, DubbingSession.objects.filter(code=code)).first() if code else None
    if session is not None:
        trash_sessions(sessions=[session], now=now)
        purge_session(session=session)


def _chosen(folder: Path, chosen: Sequence[str]) -> Iterator[str]:
    for name in chosen:
        if name.endswith("/"):
            yield from sorted(f"{name}{file.name}" for file in (folder / name).iterdir())
        else:
            yield name


def _send(folder: Path, paths: Sequence[str], *, owner: User, clock: Clock) -> list[Upload]:
    announced = [NewFile(path=path, size=(folder / path).stat().st_size) for path in paths]
    sent = []
    for upload in create_uploads(owner=owner, files=announced, now=clock()):
        with (folder / upload.path).open("rb") as file:
            number = 0
            while part := file.read(choose_part_size(upload.size)):
                number += 1
                put_part(upload=upload, number=number, chunks=[part], now=clock())
        upload.refresh_from_db()
        sent += complete_uploads(uploads=[upload], now=clock())
    return sent


def _finish(job: Job, *, clock: Clock) -> None:
    """Run the job here, unless a worker was quicker."""
    while not job.is_finished:
        run_job(job_id=job.pk, clock=clock)
        job.refresh_from_db()
        if not job.is_finished:
            time.sleep(0.2)
    if job.state != Job.State.SUCCEEDED:
        raise OperationError(job.error_message, code=job.error_code)
