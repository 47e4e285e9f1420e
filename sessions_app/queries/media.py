"""Facts of the media of a version, for its progress."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Max, Q

from dubbing_core.categories import Category
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Role
from dubbing_core.media_facts import MediaFacts
from dubbing_core.media_problems import NO_SOUND
from sessions_app.models import BlobMedia, DubbingSession, Entry, Version
from sessions_app.models.bulk import ROWS_PER_STATEMENT
from sessions_app.queries.versions import get_entries

MEDIA_KINDS = {FileKind.VIDEO, FileKind.AUDIO}
PROGRESS_CATEGORIES = (
    Category.ORIGINAL_VIDEO,
    Category.AUDIO,
    Category.FINAL_VIDEOS,
    Category.MIXED_VIDEOS,
)
"""Categories whose media are source or results of a step."""
DUBBED_CATEGORIES = {Category.FINAL_VIDEOS, Category.MIXED_VIDEOS}
SOURCE_ROLES = (Role.NONE, Role.SOURCE)


@dataclass(frozen=True, kw_only=True)
class VersionMedia:
    """What is known of the media of a version that progress depends on."""

    durations: dict[str, int]
    """Milliseconds, by path."""
    flaws: dict[str, str]
    """What is wrong with files that are cut off or damaged, or dubbed videos without sound, by path."""
    is_complete: bool
    """Whether all of them have been read."""
    duration_ms: int = 0
    """Of the source, or of the longest result; 0 if it is unknown."""


def get_version_media(version: Version) -> VersionMedia:
    rows = get_entries(version).filter(category__in=PROGRESS_CATEGORIES, blob__size__gt=0)
    durations: dict[str, int] = {}
    flaws: dict[str, str] = {}
    is_complete = True
    longest = {False: 0, True: 0}
    facts = ("reader_version", "duration_ms", "problem", "video_codec", "audio_codec")
    fields = ("path", "category", "role", *(f"blob__media__{name}" for name in facts))
    for path, category, role, reader_version, duration_ms, *others in rows.values_list(*fields):
        if reader_version is None:
            is_complete = is_complete and guess_kind(path) not in MEDIA_KINDS
            continue
        if duration_ms is not None:
            durations[path] = duration_ms
            is_source = category == Category.ORIGINAL_VIDEO and role in SOURCE_ROLES
            longest[is_source] = max(longest[is_source], duration_ms)
        if flaw := find_flaw(category, *others):
            flaws[path] = flaw
    return VersionMedia(
        durations=durations,
        flaws=flaws,
        is_complete=is_complete,
        duration_ms=longest[True] or longest[False],
    )


def find_flaw(category: str, problem: str, video_codec: str, audio_codec: str) -> str:
    """Return what is wrong with a readable file, as a stored clause.

    :param problem: that of its facts.
    """
    is_mute = category in DUBBED_CATEGORIES and video_codec and not audio_codec
    return problem or (NO_SOUND if is_mute else "")


def get_durations(session_ids: Collection[int]) -> dict[int, int]:
    """Return `VersionMedia.duration_ms` of each session's current version, by session."""
    rows = Entry.objects.filter(session__in=session_ids, removed_in__isnull=True)
    source = Q(category=Category.ORIGINAL_VIDEO, role__in=SOURCE_ROLES)
    longest = (
        rows.filter(category__in=PROGRESS_CATEGORIES, blob__media__duration_ms__isnull=False)
        .values("session")
        .annotate(source=Max("blob__media__duration_ms", filter=source), any=Max("blob__media__duration_ms"))
    )
    return {row["session"]: row["source"] or row["any"] for row in longest.order_by()}


def get_facts(hashes: Iterable[str]) -> dict[str, MediaFacts]:
    """Return what is known of media, by SHA-256."""
    ordered = sorted(hashes)
    facts: dict[str, MediaFacts] = {}
    for start in range(0, len(ordered), ROWS_PER_STATEMENT):
        rows = BlobMedia.objects.filter(blob__sha256__in=ordered[start : start + ROWS_PER_STATEMENT])
        facts |= {row.blob.sha256: row.facts for row in rows.select_related("blob")}
    return facts


def find_unreadable_media(session: DubbingSession) -> set[str]:
    """Return the SHA-256 of the session's media that could not be read."""
    rows = Entry.objects.filter(session=session, category__in=PROGRESS_CATEGORIES, blob__media__isnull=False)
    return set(rows.exclude(blob__media__reason="").values_list("blob__sha256", flat=True))
