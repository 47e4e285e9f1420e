"""Activity in a session: who saved, restored, exported and shared it, and when.

Derived from the rows that exist anyway. Names that a session had before leave no row.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from dubbing_core.enums import StrEnum
from sessions_app.models import DubbingSession, Export, Job, Share, Version

MAX_EVENTS = 12


class EventKind(StrEnum):
    CREATED = "created"
    SAVED = "saved"
    RESTORED = "restored"
    EXPORTED = "exported"
    SHARED = "shared"
    REVOKED = "revoked"
    FAILED = "failed"


class Event(NamedTuple):
    """Something that a user did."""

    when: datetime
    kind: EventKind
    user: str
    """Name, or "" if unknown."""
    version: int | None = None
    restored_from: int | None = None
    part: str = ""
    """The exported part of the version; "" for all of it."""
    note: str = ""
    """Recipient of a link."""
    message: str = ""
    """Of the version, or why the job failed."""
    export: Export | None = None
    job: Job | None = None


def list_activity(
    session: DubbingSession,
    *,
    owner: str,
    versions: Iterable[Version],
    exports: Iterable[Export],
    shares: Iterable[Share],
    jobs: Iterable[Job],
) -> list[Event]:
    """Return the latest events of a session, newest first.

    :param owner: name of the session's owner.
    :param versions: the latest of each kind, newest first, as for the others.
    """
    events = [
        Event(session.created_at, EventKind.CREATED, owner),
        *map(_describe_version, versions),
        *map(_describe_export, exports),
        *(event for share in shares for event in _describe_share(share)),
        *map(_describe_failure, (job for job in jobs if job.state == Job.State.FAILED and job.finished_at)),
    ]
    return sorted(events, key=lambda event: event.when, reverse=True)[:MAX_EVENTS]


def _describe_version(version: Version) -> Event:
    kind = EventKind.RESTORED if version.restored_from else EventKind.SAVED
    return Event(
        version.created_at,
        kind,
        version.saved_by,
        version=version.number,
        restored_from=version.restored_from,
        message=version.message,
    )


def _describe_export(export: Export) -> Event:
    return Event(
        export.created_at,
        EventKind.EXPORTED,
        export.owner.get_username(),
        version=export.version.number,
        part=export.selection_label,
        export=export,
    )


def _describe_share(share: Share) -> Iterator[Event]:
    shared = Event(
        share.created_at,
        EventKind.SHARED,
        share.created_by.get_username(),
        version=share.export.version.number,
        note=share.note,
        export=share.export,
    )
    yield shared
    if share.revoked_at:
        yield shared._replace(when=share.revoked_at, kind=EventKind.REVOKED)


def _describe_failure(job: Job) -> Event:
    assert job.finished_at is not None
    return Event(
        job.finished_at, EventKind.FAILED, job.owner.get_username(), message=job.error_message, job=job
    )
