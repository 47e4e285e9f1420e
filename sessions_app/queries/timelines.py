"""Texts of a version: tracks, lines, and files that could not be read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple, cast

from django.db.models import F, Q, QuerySet

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag
from dubbing_core.manifest import ManifestEntry
from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.timeline.catalog import CatalogTrack, TextFile, TrackUse, list_tracks
from dubbing_core.timeline.reader import NO_DIALOG
from dubbing_core.timeline.tracks import Problem, Track
from sessions_app.models import BlobTimeline, Entry, Version
from sessions_app.models.compiled_query import compiled_unprepared
from sessions_app.models.timeline import unpack_tracks
from sessions_app.queries.versions import get_entries, list_entries, summarize_categories

TEXT_CATEGORIES = (Category.TRANSCRIPTIONS, Category.TRANSLATIONS)
READ_CATEGORIES = (*TEXT_CATEGORIES, Category.VOICES, Category.OTHER)
"""Others contain media, many of them."""
EXPECTED_ROLES = {Role.NONE, Role.TRANSCRIPT, Role.TRANSLATION, Role.BILINGUAL, Role.UNCONFIRMED}
"""Roles of files that are expected to contain lines of dialog; working files of tools often have none."""
UNREAD_ROLES = {Role.IGNORED, Role.SPEAKERS, Role.SESSION_METADATA, Role.REPORT, Role.MARKER}
"""Roles of files whose lines, if there are any, are not used."""
TRACKS_OFFERED = 60
"""Tracks that a page offers, unless more languages have one. Tools that write a file per line leave thousands."""


class StoredText(NamedTuple):
    """A file whose text was read, or could not be read."""

    path: str
    category: str
    language: str
    role: str
    blob_id: int
    format: str
    encoding: str
    reason: str
    problems: list[list[Any]]
    problem_count: int
    summary: list[dict[str, Any]]

    @property
    def is_unreadable(self) -> bool:
        return is_unreadable_text(self.role, self.reason)

    def list_problems(self) -> list[Problem]:
        return [Problem(line, message) for line, message in self.problems]


def is_unreadable_text(role: str, reason: str) -> bool:
    """Return whether a text would have been used if it could be read.

    :param reason: why no lines were read; "" if they were.
    """
    return bool(reason) and role not in UNREAD_ROLES and (role in EXPECTED_ROLES or reason != NO_DIALOG)


def select_unreadable_texts() -> Q:
    """Return the condition on entries that `is_unreadable_text` states."""
    is_unread = Q(blob__timeline__isnull=True) | Q(blob__timeline__reason="") | Q(role__in=UNREAD_ROLES)
    has_fault = Q(role__in=EXPECTED_ROLES) | ~Q(blob__timeline__reason=NO_DIALOG)
    return ~is_unread & has_fault


@dataclass(frozen=True)
class VersionTexts:
    """The text files of a version."""

    files: Sequence[StoredText]
    languages: frozenset[str] = frozenset()
    """Folded, to which translations are restricted; empty for all."""

    @cached_property
    def tracks(self) -> list[CatalogTrack]:
        """The tracks of all files, in the order in which they are offered."""
        tracks = list_tracks(_describe(file) for file in self.files if file.summary)
        return [track for track in tracks if self._may_show(track)]

    @cached_property
    def unreadable(self) -> list[StoredText]:
        return [file for file in self.files if file.is_unreadable]

    @cached_property
    def mislabeled(self) -> list[CatalogTrack]:
        """The tracks that claim another language than that of their text."""
        return [track for track in self.tracks if track.language_problem]

    @cached_property
    def flawed(self) -> list[StoredText]:
        """The files that were read, with problems."""
        return [file for file in self.files if file.problem_count and not file.reason]

    def find_track(self, key: str) -> CatalogTrack | None:
        return next((track for track in self.tracks if track.key == key), None)

    def load(self, tracks: Iterable[CatalogTrack]) -> list[Track]:
        """Return tracks with their lines, by one query."""
        tracks = list(tracks)
        rows = BlobTimeline.objects.filter(pk__in={self.get_blob_id(track) for track in tracks})
        loaded = {blob_id: unpack_tracks(bytes(data)) for blob_id, data in rows.values_list("pk", "tracks")}
        return [loaded[self.get_blob_id(track)][track.index] for track in tracks]

    def get_blob_id(self, track: CatalogTrack) -> int:
        return self._blob_ids[track.path]

    @cached_property
    def _blob_ids(self) -> dict[str, int]:
        return {file.path: file.blob_id for file in self.files}

    def _may_show(self, track: CatalogTrack) -> bool:
        is_source = track.use is TrackUse.SOURCE or not track.language
        return is_source or not self.languages or fold_language_tag(track.language) in self.languages


def choose_offered(tracks: Sequence[CatalogTrack], shown: Collection[str] = ()) -> list[CatalogTrack]:
    """Return the tracks that a page offers.

    Of too many those shown, the first of each use and language, and some others.

    :param tracks: in the order in which they are offered.
    :param shown: keys.
    """
    if len(tracks) <= TRACKS_OFFERED:
        return list(tracks)
    first: dict[tuple[TrackUse, str], str] = {}
    for track in tracks:
        first.setdefault((track.use, fold_language_tag(track.language)), track.key)
    offered = {*shown, *first.values()}
    others = (track.key for track in tracks if track.key not in offered)
    offered.update(islice(others, max(0, TRACKS_OFFERED - len(offered))))
    return [track for track in tracks if track.key in offered]


def get_version_texts(version: Version, selection: Selection = WHOLE_VERSION) -> VersionTexts:
    """Return the text files of a version, or of the selected part of it."""
    find = _find_texts if selection is WHOLE_VERSION else _find_texts.queryset
    rows = find(version.session_id, version.number, selection)
    languages = frozenset(map(fold_language_tag, selection.text_languages))
    # Sorted here: SQLite would read all entries in the order of their paths instead of these categories.
    texts = sorted((StoredText(*row) for row in rows), key=lambda text: text.path)
    return VersionTexts(texts, languages)


@compiled_unprepared
def _find_texts(session_id: int, number: int, selection: Selection) -> QuerySet[Entry, Any]:
    rows: Any = (
        list_entries(session_id, number)
        .files()
        .selected(selection)
        .filter(category__in=READ_CATEGORIES, blob__timeline__isnull=False)
        .filter(blob_id__in=BlobTimeline.objects.values("pk"))  # first, without the rows of other blobs
        .annotate(
            format=F("blob__timeline__format"),
            encoding=F("blob__timeline__encoding"),
            reason=F("blob__timeline__reason"),
            problems=F("blob__timeline__problems"),
            problem_count=F("blob__timeline__problem_count"),
            summary=F("blob__timeline__summary"),
        )
        .order_by()
        .values_list(*StoredText._fields)
    )
    return cast(QuerySet[Entry, Any], rows)


def get_planned_texts(entries: Iterable[ManifestEntry], blob_ids: Mapping[str, int]) -> VersionTexts:
    """Return the text files of a version that is not committed.

    :param blob_ids: of its files, by path.
    """
    texts = sorted(
        (entry for entry in entries if entry.category in READ_CATEGORIES and entry.path in blob_ids),
        key=lambda entry: entry.path,
    )
    columns = ("format", "encoding", "reason", "problems", "problem_count", "summary")
    rows = BlobTimeline.objects.filter(pk__in={blob_ids[entry.path] for entry in texts})
    stored = {blob_id: facts for blob_id, *facts in rows.values_list("pk", *columns)}
    return VersionTexts(
        [
            StoredText(
                entry.path,
                entry.category.value,
                entry.language,
                entry.role.value,
                blob_ids[entry.path],
                *stored[blob_ids[entry.path]],
            )
            for entry in texts
            if blob_ids[entry.path] in stored
        ]
    )


def may_have_texts(version: Version, selection: Selection = WHOLE_VERSION) -> bool:
    """Return whether a part of a version has files of texts, by its counts alone."""
    summary = summarize_categories(version, selection)
    return any(part.file_count for part in summary if part.category in TEXT_CATEGORIES)


def list_line_audio(version: Version, selection: Selection = WHOLE_VERSION) -> dict[str, list[str]]:
    """Return the paths of audio files of single lines, by folded language."""
    rows = get_entries(version).selected(selection).filter(category=Category.AUDIO, role=Role.SEGMENT)
    is_readable = Q(blob__media__isnull=True) | Q(blob__media__reason="")
    return group_line_audio(rows.filter(is_readable, blob__size__gt=0).values_list("language", "path"))


def list_line_audio_of(
    entries: Iterable[ManifestEntry], *, unreadable: Collection[str]
) -> dict[str, list[str]]:
    """Return the paths of entries with audio of single lines, by folded language.

    :param unreadable: SHA-256 of files that are left out.
    """
    return group_line_audio(
        (entry.language, entry.path)
        for entry in entries
        if entry.category is Category.AUDIO
        and entry.role is Role.SEGMENT
        and entry.size > 0
        and entry.sha256 not in unreadable
    )


def group_line_audio(files: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return paths by folded language.

    :param files: language and path of each.
    """
    paths: dict[str, list[str]] = {}
    for language, path in files:
        paths.setdefault(fold_language_tag(language), []).append(path)
    return paths


def _describe(file: StoredText) -> TextFile:
    return TextFile(
        path=file.path,
        category=Category(file.category),
        language=file.language,
        role=Role(file.role),
        tracks=file.summary,
    )
