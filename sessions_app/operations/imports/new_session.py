"""New sessions of an import: versions are built, then created in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

from django.utils.timezone import get_default_timezone

from dubbing_core import metadata
from dubbing_core.manifest import Manifest
from dubbing_core.sentences import sentence
from dubbing_core.texts import ExtractedTexts
from sessions_app.models import Blob, DubbingSession, Job, Version
from sessions_app.operations.imports.plan import SessionPlan
from sessions_app.operations.jobs.context import JobContext
from sessions_app.operations.saves.placement import build_entry, find_video_name
from sessions_app.operations.sessions.create import create_session
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.documents import read_metadata_texts
from sessions_app.operations.versions.history import HistoryRows, build_history, commit_history
from sessions_app.operations.versions.new_version import NewVersion

MAX_MESSAGE_LENGTH = 500


@dataclass(frozen=True, kw_only=True)
class NewSession:
    """A session to be created."""

    name: str
    """Requested name; the session gets another one if it is taken."""
    contents: NewVersion | HistoryRows


def build_new_session(
    context: JobContext, plan: SessionPlan, *, name: str, blobs: Mapping[str, Blob]
) -> NewSession:
    """Build the version, or all versions, of a planned session.

    :param blobs: of the archive's members, by their name.
    """
    by_path = {placed.path: blobs[plan.members[placed.source].name] for placed in plan.placements}
    if plan.history is None:
        return NewSession(name=name, contents=_build_version(context, plan, by_path))
    older = [blobs[member.name] for member in plan.older_members.values()]
    by_sha256 = {blob.sha256: blob for blob in (*by_path.values(), *older)}
    history = build_history(plan.history, blobs=by_sha256, now=context.clock(), between=context.check)
    return NewSession(name=name, contents=history)


def create_sessions(context: JobContext, sessions: Sequence[NewSession]) -> dict[str, object]:
    """Create the sessions and return the job's result."""
    versions = [_create_session(context, session) for session in sessions]
    results = [_build_result(version, new) for version, new in zip(versions, sessions, strict=True)]
    if len(versions) > 1:
        return {**results[0], "sessions": results}
    Job.objects.filter(pk=context.job.pk).update(session=versions[0].session)
    return results[0]


def _build_version(context: JobContext, plan: SessionPlan, blobs: Mapping[str, Blob]) -> NewVersion:
    placements = plan.placements
    entries = [build_entry(placed, blobs[placed.path]) for placed in placements]
    manifest = Manifest.from_entries(entries, empty_folders=plan.empty_folders)
    now = context.clock()
    times = _read_times(plan, now=now)
    has_video_name = bool((plan.document or {}).get("video_name"))
    texts = ExtractedTexts()
    if plan.document is None:
        changed = {placed.path for placed in placements}
        texts = read_metadata_texts(context.store, manifest, changed=changed, languages=plan.languages)
    document = metadata.build_document(
        plan.document,
        entries=manifest.entries,
        video_name=None if has_video_name else find_video_name(placements),
        texts=texts,
        created_at=times.created_at or now,
        last_updated=times.last_updated or now,
        last_accessed=times.last_accessed or now,
        keep_stage=True,
    )
    return NewVersion(
        manifest=manifest,
        blob_ids={path: blob.pk for path, blob in blobs.items()},
        document=document,
        message=sentence("Imported from %(filename)s", filename=context.job.params["filename"])[
            :MAX_MESSAGE_LENGTH
        ],
    )


def _read_times(plan: SessionPlan, *, now: datetime) -> metadata.Timestamps:
    """Return the times of a document, none of them in the future.

    The original writes local time without a zone; an export names its portal's zone.
    """
    zone = _find_zone(plan.exported.time_zone) if plan.exported is not None else get_default_timezone()
    times = metadata.read_timestamps(plan.document or {}, zone=zone)
    return metadata.Timestamps(
        created_at=_limit(times.created_at, now),
        last_updated=_limit(times.last_updated, now),
        last_accessed=_limit(times.last_accessed, now),
    )


def _find_zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown here, or no name of a zone
        return get_default_timezone()


def _limit(moment: datetime | None, now: datetime) -> datetime | None:
    return min(moment, now) if moment is not None else None


def _create_session(context: JobContext, new: NewSession) -> Version:
    """Create one session and return its newest version."""
    now, owner = context.clock(), context.job.owner
    session = create_session(owner=owner, name=new.name, now=now)
    if isinstance(new.contents, HistoryRows):
        version = commit_history(new.contents, session=session, now=now)
    else:
        version = commit_version(session=session, parent=None, new=new.contents, author=owner, now=now)
    times = metadata.read_timestamps(version.metadata)
    DubbingSession.objects.filter(pk=session.pk).update(
        created_at=_limit(times.created_at, now) or now,
        last_updated=_limit(times.last_updated, now) or now,
        last_accessed=_limit(times.last_accessed, now) or now,
    )
    version.session = session
    return version


def _build_result(version: Version, new: NewSession) -> dict[str, object]:
    return {
        "session": str(version.session.code),
        "name": version.session.name,
        "requested_name": new.name,
        "version": version.number,
        "files": version.file_count,
        "total_size": version.total_size,
    }
