"""Posters, waveforms and others that were made of media, with their addresses."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.urls import reverse

from dubbing_core.categories import Category
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Role
from dubbing_core.media_facts import MediaFacts
from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.media.plan import Kind, is_playable_file, plan_kinds
from sessions_app.media.types import DERIVED_TYPES, playable_type
from sessions_app.models import Derivative, DubbingSession, Entry, Version, Worker
from sessions_app.models.compiled_query import compiled, compiled_unprepared
from sessions_app.models.media import FACTS
from sessions_app.queries.versions import list_entries

MAX_FILES = 200
POSTER_CATEGORIES = (Category.ORIGINAL_VIDEO, Category.MIXED_VIDEOS, Category.FINAL_VIDEOS)
"""Categories of which a session's poster is made, the first that has one."""
HASH = re.compile("[0-9a-f]{64}")
LISTED_CATEGORIES = (*POSTER_CATEGORIES, Category.AUDIO)


MakeUrl = Callable[[str, str], str]
"""Returns the address of a derivative, by the SHA-256 of its source and its own name."""


@dataclass(frozen=True, kw_only=True)
class Image:
    url: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Strip:
    """A sheet of tiles, row by row; tile i shows the time i * interval."""

    url: str
    width: int
    """Of a tile."""
    height: int
    columns: int
    count: int
    interval: float
    """In seconds."""


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """Pairs of least and greatest sample, as signed bytes."""

    url: str
    rate: int
    """Pairs per second."""
    count: int
    duration: float
    """In seconds."""


@dataclass(frozen=True, kw_only=True)
class AudioCopy:
    url: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Proxy:
    """A light copy that browsers play."""

    url: str
    type: str
    width: int
    height: int


@dataclass(frozen=True, kw_only=True)
class Loudness:
    integrated: float | None
    """In LUFS; None for silence."""
    true_peak: float | None
    """In dBTP."""


@dataclass(frozen=True, kw_only=True)
class SessionPoster:
    """The picture that stands for a session."""

    poster: Image
    strip: Strip | None
    duration_ms: int | None


@dataclass(frozen=True, kw_only=True)
class MediaFile:
    """A media file of a version with what was made of it."""

    sha256: str
    kind: str
    url: str | None
    """Of the file itself, for playing; None if its type is only downloaded."""
    type: str | None
    is_playable: bool
    """Whether current browsers play it as it is."""
    duration: float | None
    """In seconds."""
    width: int
    height: int
    frame_rate: float | None
    problem: str
    poster: Image | None = None
    strip: Strip | None = None
    peaks: Peaks | None = None
    audio: AudioCopy | None = None
    proxy: Proxy | None = None
    loudness: Loudness | None = None
    pending: list[str] = field(default_factory=list)
    """Kinds that are not made yet."""
    failed: dict[str, str] = field(default_factory=dict)
    """Sentences by kinds that cannot be made."""


@dataclass(frozen=True, kw_only=True)
class PlayerMedia:
    """Media of a version, by path."""

    files: Mapping[str, MediaFile]
    is_pending: bool
    """Whether something is not read or made yet."""
    has_worker: bool
    """Whether a worker for media runs; only looked up if something is pending."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def get_page_url(session: object, source: str, name: str) -> str:
    """Return the address of a derivative among the pages."""
    return reverse("session-media", args=[session, source, name])


def get_share_url(token: str, source: str, name: str) -> str:
    """Return the address of a derivative below a shared link."""
    return reverse("share-media-file", args=[token, source, name])


def get_posters(
    sessions: Iterable[DubbingSession], *, make_url: Callable[[UUID, str, str], str] = get_page_url
) -> dict[int, SessionPoster]:
    """Return the posters of sessions by primary key, of those that have one.

    :param make_url: returns the address of a derivative, by the session, the SHA-256 of its source and its own name.
    """
    codes = {session.pk: session.code for session in sessions}
    found: dict[int, dict[tuple[int, str], dict[str, Any]]] = defaultdict(lambda: defaultdict(dict))
    for row in _find_posters(list(codes)):
        rank = POSTER_CATEGORIES.index(Category(row.category)), row.path
        found[row.session_id][rank][row.kind] = row
    posters = {}
    for session_id, by_rank in found.items():
        kinds = next((kinds for _, kinds in sorted(by_rank.items()) if Kind.POSTER in kinds), None)
        if kinds is None:
            continue
        code = codes[session_id]
        values = {
            kind: _describe(row, make_url(code, row.source_sha256, row.name)) for kind, row in kinds.items()
        }
        posters[session_id] = SessionPoster(
            poster=values[Kind.POSTER],
            strip=values.get(Kind.STRIP),
            duration_ms=kinds[Kind.POSTER].duration_ms,
        )
    return posters


@compiled
def _find_posters(sessions: list[int]) -> QuerySet[Derivative, Any]:
    rows: QuerySet[Any] = Derivative.objects.stored().filter(
        kind__in=[Kind.POSTER, Kind.STRIP],
        reason="",
        source__entries__session__in=sessions,
        source__entries__category__in=POSTER_CATEGORIES,
        source__entries__removed_in__isnull=True,
    )
    rows = rows.annotate(
        session_id=F("source__entries__session_id"),
        category=F("source__entries__category"),
        path=F("source__entries__path"),
        source_sha256=F("source__sha256"),
        duration_ms=F("source__media__duration_ms"),
    )
    return rows.defer("content")


def get_media(version: Version, *, paths: Sequence[str] | None = None) -> PlayerMedia:
    """Return the media of a version, at most `MAX_FILES`.

    Without paths these are videos and long audio.
    """
    session = version.session
    return _get_media(
        version,
        paths,
        selection=WHOLE_VERSION,
        make_url=partial(get_page_url, session.code),
        file_url=lambda path: reverse("version-file", args=[session.code, version.number, path]),
    )


def get_shared_media(
    version: Version, *, token: str, selection: Selection, paths: Sequence[str] | None = None
) -> PlayerMedia:
    """Return the media of a shared selection, with addresses below the link."""
    return _get_media(
        version,
        paths,
        selection=selection,
        make_url=partial(get_share_url, token),
        file_url=lambda path: reverse("share-file", args=[token, path]),
    )


def find_derivative(session_id: int, sha256: str, name: str) -> Derivative | None:
    """Return the derivative of a blob of the session, even by an older name."""
    if not HASH.fullmatch(sha256) or "\0" in name:
        return None
    kind = name.partition("-")[0]
    rows = (
        Derivative.objects.stored()
        .filter(source__sha256=sha256, kind=kind, reason="", source__entries__session=session_id)
        .exclude(extension="")
    )
    return rows.select_related("blob").first()


def _get_media(
    version: Version,
    paths: Sequence[str] | None,
    *,
    selection: Selection,
    make_url: MakeUrl,
    file_url: Callable[[str], str],
) -> PlayerMedia:
    known = None if paths is None else list(paths)[:MAX_FILES]
    find = _find_files if selection is WHOLE_VERSION else _find_files.queryset
    rows = list(find(version.session_id, version.number, known, selection))
    made: dict[int, dict[str, Derivative]] = defaultdict(dict)
    for derivative in find_derivatives(list({row[1] for row in rows})):
        made[derivative.source_id][derivative.kind] = derivative
    files = {}
    for path, blob_id, sha256, *values in rows:
        facts = MediaFacts(**dict(zip(FACTS, values, strict=True)))
        url = file_url(path) + "?play"
        files[path] = _build_file(path, sha256, facts, made[blob_id], url=url, make_url=make_url)
    return _build_media(files, has_unread=version.session.has_unread_media)


def _build_media(files: Mapping[str, MediaFile], *, has_unread: bool) -> PlayerMedia:
    """Return the files with whether the missing derivatives are being made.

    Light copies only count while a worker for them runs: an operator may do without.
    """
    pending = {kind for file in files.values() for kind in file.pending}
    if Kind.PROXY in pending and not Worker.objects.is_making_proxies():
        pending.discard(Kind.PROXY)
        files = {
            path: replace(file, pending=[kind for kind in file.pending if kind != Kind.PROXY])
            for path, file in files.items()
        }
    if not (has_unread or pending):
        return PlayerMedia(files=files, is_pending=False, has_worker=False)
    is_only_proxy = not has_unread and pending == {Kind.PROXY}
    has_worker = is_only_proxy or Worker.objects.is_reading_media()
    return PlayerMedia(files=files, is_pending=True, has_worker=has_worker)


@compiled_unprepared
def _find_files(
    session_id: int, number: int, paths: list[str] | None, selection: Selection
) -> QuerySet[Entry, Any]:
    entries = list_entries(session_id, number).selected(selection).filter(blob__size__gt=0)
    if paths is not None:
        entries = entries.filter(path__in=paths)
    else:
        is_long = Q(blob__media__video_codec__gt="") | Q(category__in=LISTED_CATEGORIES)
        entries = entries.filter(is_long).exclude(role=Role.SEGMENT)
    columns = [f"blob__media__{name}" for name in FACTS]
    in_order = entries.filter(blob__media__isnull=False).order_by(F("blob__media__width").desc(), "path")
    return in_order.values_list("path", "blob_id", "blob__sha256", *columns)[:MAX_FILES]


@compiled
def find_derivatives(blobs: list[int]) -> QuerySet[Derivative]:
    """Return what was made of blobs, without bytes."""
    return Derivative.objects.stored().filter(source__in=blobs).defer("content")


def _build_file(
    path: str,
    sha256: str,
    facts: MediaFacts,
    made: Mapping[str, Derivative],
    *,
    url: str,
    make_url: MakeUrl,
) -> MediaFile:
    media_type = playable_type(path)
    planned = plan_kinds(facts, path)
    values = {
        kind: _describe(derivative, make_url(sha256, derivative.name))
        for kind, derivative in made.items()
        if not derivative.reason and kind in planned
    }
    is_video = bool(facts.video_codec) or (bool(facts.reason) and guess_kind(path) is FileKind.VIDEO)
    return MediaFile(
        sha256=sha256,
        kind="video" if is_video else "audio",
        url=url if media_type else None,
        type=media_type,
        is_playable=is_playable_file(facts, path),
        duration=None if facts.duration_ms is None else facts.duration_ms / 1000,
        width=facts.width,
        height=facts.height,
        frame_rate=facts.frame_rate,
        problem=facts.problem or facts.reason,
        **values,
        pending=[kind.value for kind in Kind if kind in planned and kind not in made],
        failed={kind: derivative.reason for kind, derivative in made.items() if derivative.reason},
    )


def _describe(derivative: Derivative, url: str) -> Any:
    details: dict[str, Any] = derivative.details
    match derivative.kind:
        case Kind.POSTER:
            return Image(url=url, **details)
        case Kind.STRIP:
            return Strip(url=url, **details)
        case Kind.PEAKS:
            return Peaks(url=url, **details)
        case Kind.LOUDNESS:
            return Loudness(**details)
        case Kind.PROXY:
            return Proxy(url=url, type=DERIVED_TYPES[derivative.extension], **details)
        case _:
            return AudioCopy(url=url, type=DERIVED_TYPES[derivative.extension])
