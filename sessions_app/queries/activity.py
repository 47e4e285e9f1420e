"""Activity in a session: who changed, exported and shared it, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet

from dubbing_core.enums import StrEnum
from sessions_app.access import visible_to
from sessions_app.models import DubbingSession, Export, Job, SessionChange, Share, Version
from sessions_app.models.compiled_query import compiled

MAX_EVENTS = 12


class EventKind(StrEnum):
    CREATED = "created"
    SAVED = "saved"
    RESTORED = "restored"
    RENAMED = "renamed"
    TAGGED = "tagged"
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
    previous_name: str = ""
    """Of the session, before it was renamed."""
    name: str = ""
    """Of the session, since it was renamed."""
    added_tags: Sequence[str] = ()
    removed_tags: Sequence[str] = ()


def get_latest_changes(user: AbstractBaseUser, session: DubbingSession) -> list[SessionChange]:
    """Return the latest changes of name and tags that the page shows, newest first."""
    return _find_latest_changes(user, session)


@compiled
def _find_latest_changes(user: AbstractBaseUser, session: DubbingSession) -> QuerySet[SessionChange]:
    rows = visible_to(user, SessionChange.objects.filter(session_id=session.pk))
    related = rows.select_related("changed_by").only(
        "kind",
        "changed_at",
        "previous_name",
        "name",
        "added_tags",
        "removed_tags",
        "changed_by__username",
    )
    return related.order_by("-pk")[:MAX_EVENTS]


def list_activity(
    session: DubbingSession,
    *,
    owner: str,
    versions: Iterable[Version],
    exports: Iterable[Export],
    shares: Iterable[Share],
    jobs: Iterable[Job],
    changes: Iterable[SessionChange],
) -> list[Event]:
    """Return the latest events of a session, newest first.

    :param owner: name of the session's owner.
    :param versions: the latest of each kind, newest first, as for the others.
    """
    events = [
        Event(session.created_at, EventKind.CREATED, owner),
        *map(_describe_version, versions),
        *map(_describe_change, changes),
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


def _describe_change(change: SessionChange) -> Event:
    return Event(
        change.changed_at,
        EventKind(change.kind),
        change.changed_by.get_username() if change.changed_by else "",
        previous_name=change.previous_name,
        name=change.name,
        added_tags=change.added_tags,
        removed_tags=change.removed_tags,
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
