"""The demo project: five versions, saved through the usual operations."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.contrib.auth.models import User

from sessions_app.access import visible_to
from sessions_app.management.demo import script, state
from sessions_app.models import DubbingSession, Job, Upload
from sessions_app.operations.errors import OperationError
from sessions_app.operations.jobs.run import run_job
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.sessions.purge import purge_session
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.operations.uploads.complete import complete_uploads
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.operations.uploads.receive import put_part

Clock = Callable[[], datetime]

SHIPPED_MEDIA = Path(__file__).with_name("media")
"""A folder per version: output of ``python scripts/demo_media``."""


@dataclass(frozen=True, kw_only=True)
class Day:
    message: str
    texts: Mapping[str, bytes] = field(default_factory=dict)
    """By path, beside the files of the day's folder of ``SHIPPED_MEDIA``."""


DAYS = (
    Day(
        message="Transcribed, translated to Hindi and Spanish",
        texts={
            "transcriptions/original_asr.json": script.make_transcript(),
            "translations/hi.srt": script.make_subtitles("hi"),
            "translations/es.srt": script.make_subtitles("es"),
        },
    ),
    Day(
        message="Voices chosen, audio made, videos dubbed",
        texts={"voices/voice_assignments.json": script.make_voice_assignments()},
    ),
    Day(message="Mixed with music, own voice for Hindi"),
    Day(
        message="Spanish spoken more slowly, with subtitles; translated to French",
        texts={"translations/fr.srt": script.make_subtitles("fr")},
    ),
    Day(
        message="Hindi lines 4 and 9 corrected",
        texts={"translations/hi.srt": script.make_subtitles("hi", corrections=script.CORRECTIONS)},
    ),
)


def _list_files(number: int, day: Day) -> dict[str, bytes]:
    """Return the files of a day by path."""
    folder = SHIPPED_MEDIA / str(number)
    media = {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }
    return {**media, **day.texts}


def save_project(*, owner: User, clock: Clock) -> DubbingSession:
    """Save one version per day.

    The unfinished session of an earlier attempt is deleted first.

    :raises OperationError: a save did not succeed.
    """
    _delete_unfinished(owner, now=clock())
    session = create_session(owner=owner, name=script.TITLE, now=clock())
    state.record_start(session.code)
    for number, day in enumerate(DAYS):
        request = SaveRequest(parent=number, message=day.message)
        files = _upload_files(_list_files(number + 1, day), owner=owner, clock=clock)
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


def _upload_files(files: Mapping[str, bytes], *, owner: User, clock: Clock) -> list[Upload]:
    new_files = [NewFile(path=path, size=len(content)) for path, content in files.items()]
    uploads: list[Upload] = []
    for upload in create_uploads(owner=owner, files=new_files, now=clock()):
        put_part(upload=upload, number=1, chunks=[files[upload.path]], now=clock())
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
