"""Contents of a player: files by language, subtitles, lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from posixpath import splitext
from typing import Any, cast

from django.db.models import F, QuerySet

from dubbing_core.categories import Category
from dubbing_core.enums import StrEnum
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag
from dubbing_core.selection import WHOLE_VERSION, Selection
from dubbing_core.sentences import sentence
from dubbing_core.timeline.alignment import align_tracks
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse
from dubbing_core.timeline.line_audio import match_line_audio
from dubbing_core.timeline.line_times import repair_ends
from dubbing_core.timeline.tracks import Segment
from sessions_app.models import Entry, Version
from sessions_app.models.compiled_query import compiled_unprepared
from sessions_app.queries.media import MEDIA_KINDS
from sessions_app.queries.timelines import VersionTexts, choose_offered, get_version_texts, list_line_audio
from sessions_app.queries.versions import list_entries

FILES_LIMIT = 300
"""Files that a player looks at, in the order of their paths."""
SOUNDS_LIMIT = 8
"""Files that it offers of one language."""
LINES_LIMIT = 20_000
"""Rows that it shows beside the picture."""


class PlayerStage(StrEnum):
    """What a file is in its language.

    The first that exists is played unless another one is chosen.
    """

    SOURCE = "source"
    MIXED = "mixed"
    DUBBED = "dubbed"
    AUDIO = "audio"

    @property
    def label(self) -> str:
        return STAGE_LABELS[self]


STAGE_LABELS = {
    PlayerStage.SOURCE: sentence("Original"),
    PlayerStage.MIXED: sentence("Mix"),
    PlayerStage.DUBBED: sentence("Dub"),
    PlayerStage.AUDIO: sentence("Audio"),
}
STAGES = {
    Category.ORIGINAL_VIDEO: PlayerStage.SOURCE,
    Category.MIXED_VIDEOS: PlayerStage.MIXED,
    Category.FINAL_VIDEOS: PlayerStage.DUBBED,
    Category.AUDIO: PlayerStage.AUDIO,
}
PLAYED_ROLES = {
    PlayerStage.SOURCE: (Role.SOURCE, Role.NONE),
    PlayerStage.MIXED: (Role.MIXED_VIDEO, Role.NONE),
    PlayerStage.DUBBED: (Role.DUBBED_VIDEO, Role.NONE),
    PlayerStage.AUDIO: (Role.DUBBED_AUDIO, Role.NONE),
}
"""Others are working files, previews, the audio of single lines, or the source with subtitles."""


@dataclass(frozen=True, kw_only=True)
class PlayerFile:
    """A video or audio file that can be chosen in the player."""

    path: str
    stage: PlayerStage
    language: str
    """As labeled; "" for the source, or if unknown."""
    kind: FileKind
    blob_id: int
    size: int
    """In bytes."""
    duration_ms: int | None
    width: int
    height: int
    frame_rate: float | None
    has_sound: bool
    is_inline: bool
    """Whether it is sent to be played; others may have a light copy."""
    problem: str
    """What is wrong with it, or ""."""

    @property
    def seconds(self) -> float | None:
        return None if self.duration_ms is None else self.duration_ms / 1000


@dataclass(frozen=True, kw_only=True)
class PlayerLanguage:
    """The files of one language, the first is played unless another one is chosen."""

    tag: str
    """Folded BCP 47 tag; "" for the source, `und` for files in an unknown language."""
    is_source: bool
    files: Sequence[PlayerFile]


@dataclass(frozen=True, kw_only=True)
class UnreadableFile:
    """A video or audio file that a player would offer if it could be read."""

    path: str
    reason: str
    """The end of a sentence about it, as stored."""


@dataclass(frozen=True, kw_only=True)
class PlayerContents:
    """What a player offers."""

    languages: Sequence[PlayerLanguage]
    """The source first, if there is one; the others in the order of the matrix."""
    unreadable: Sequence[UnreadableFile]
    texts: VersionTexts

    @cached_property
    def subtitles(self) -> list[CatalogTrack]:
        """Texts with times."""
        return choose_offered(_list_subtitles(self.texts.tracks))

    def list_columns(self, tag: str) -> list[CatalogTrack]:
        """Return the texts beside the picture while a language is audible.

        :param tag: folded; "" for the source.
        """
        return _choose_columns(self.texts.tracks, tag)

    @property
    def paths(self) -> list[str]:
        return [file.path for language in self.languages for file in language.files]


@dataclass(frozen=True, kw_only=True)
class PicturePair:
    """A video in two versions."""

    before: PlayerFile
    after: PlayerFile

    @property
    def is_same(self) -> bool:
        return self.before.blob_id == self.after.blob_id


@dataclass(frozen=True, kw_only=True)
class PlayerLine:
    """A row of lines that are spoken at the same time."""

    start_ms: int | None
    end_ms: int | None
    speaker: str
    source: str
    text: str
    """In the chosen language; "" for the source alone."""
    audio: str
    """Path of its generated audio, or ""."""


@dataclass(frozen=True, kw_only=True)
class PlayerLines:
    """Texts beside the picture."""

    columns: Sequence[CatalogTrack]
    """The track of the source, then that of the language, where they exist."""
    rows: Sequence[PlayerLine]
    subtitles: Sequence[CatalogTrack]


def get_player_contents(
    version: Version, *, playable: Iterable[str], selection: Selection = WHOLE_VERSION
) -> PlayerContents:
    """Return what the player of a version, or of a part of it, offers: two queries.

    Files that browsers do not play belong to it: light copies of them are made.

    :param playable: extensions that are served inline, with the dot.
    """
    by_language: dict[str, list[PlayerFile]] = {}
    unreadable: list[UnreadableFile] = []
    for file in _list_files(version, selection, frozenset(playable)):
        if isinstance(file, UnreadableFile):
            unreadable.append(file)
        else:
            by_language.setdefault(_get_tag(file), []).append(file)
    places = _get_places(version)
    languages = [
        PlayerLanguage(tag=tag, is_source=not tag, files=sorted(by_language[tag], key=_rank)[:SOUNDS_LIMIT])
        for tag in sorted(by_language, key=lambda tag: (places.get(tag, len(places)), tag))
    ]
    texts = get_version_texts(version, selection) if languages else VersionTexts(())
    return PlayerContents(languages=languages, unreadable=unreadable, texts=texts)


def _list_subtitles(tracks: Iterable[CatalogTrack]) -> list[CatalogTrack]:
    return [track for track in tracks if track.has_times and track.use is not TrackUse.OTHER]


def _list_files(
    version: Version, selection: Selection, playable: frozenset[str]
) -> Iterator[PlayerFile | UnreadableFile]:
    find = _find_files if selection is WHOLE_VERSION else _find_files.queryset
    for row in find(version.session_id, version.number, selection):
        stage, path = STAGES[Category(row["category"])], row["path"]
        kind = guess_kind(path)
        if row["role"] not in PLAYED_ROLES[stage] or kind not in MEDIA_KINDS:
            continue
        if row["reason"]:
            yield UnreadableFile(path=path, reason=row["reason"])
            continue
        yield PlayerFile(
            path=path,
            stage=stage,
            language="" if stage is PlayerStage.SOURCE else row["language"],
            kind=kind,
            blob_id=row["blob_id"],
            size=row["size"],
            duration_ms=row["duration_ms"],
            width=row["width"] or 0,
            height=row["height"] or 0,
            frame_rate=row["frame_rate"],
            has_sound=row["audio_codec"] != "",  # None: not read yet
            is_inline=splitext(path)[1].casefold() in playable,
            problem=row["problem"] or "",
        )


@compiled_unprepared
def _find_files(session_id: int, number: int, selection: Selection) -> QuerySet[Entry, dict[str, Any]]:
    roles = {role for allowed in PLAYED_ROLES.values() for role in allowed}
    rows: Any = (
        list_entries(session_id, number)
        .files()
        .selected(selection)
        .filter(category__in=STAGES, role__in=roles, blob__size__gt=0)
        .annotate(
            size=F("blob__size"),
            reason=F("blob__media__reason"),
            duration_ms=F("blob__media__duration_ms"),
            width=F("blob__media__width"),
            height=F("blob__media__height"),
            frame_rate=F("blob__media__frame_rate"),
            audio_codec=F("blob__media__audio_codec"),
            problem=F("blob__media__problem"),
        )
        .order_by("path")
        .values(
            "path",
            "category",
            "language",
            "role",
            "blob_id",
            "size",
            "reason",
            "duration_ms",
            "width",
            "height",
            "frame_rate",
            "audio_codec",
            "problem",
        )
    )
    return cast(QuerySet[Entry, dict[str, Any]], rows[:FILES_LIMIT])


def _get_places(version: Version) -> dict[str, int]:
    """Return the places of the languages: the source, then as the matrix lists them."""
    matrix = version.progress_matrix
    tags = map(fold_language_tag, matrix.languages if matrix else ())
    return {tag: place for place, tag in enumerate(dict.fromkeys(("", *tags)))}


def _get_tag(file: PlayerFile) -> str:
    if file.stage is PlayerStage.SOURCE:
        return ""
    return fold_language_tag(file.language) or "und"


def _rank(file: PlayerFile) -> tuple[int, bool, bool, bool, str]:
    """Return the sort key.

    Mixed before dubbed videos, those before audio; what is whole and playable before other files.
    """
    stage = list(PlayerStage).index(file.stage)
    return (stage, file.kind is not FileKind.VIDEO, bool(file.problem), not file.is_inline, file.path)


def pair_pictures(before: PlayerContents, after: PlayerContents) -> list[PicturePair]:
    """Return the videos that both versions have: those that changed first.

    A video that has another path now is paired with the one of its language and stage.
    """
    earlier = [file for language in before.languages for file in language.files]
    by_path = {file.path: file for file in earlier if file.kind is FileKind.VIDEO}
    by_use = {(_get_tag(file), file.stage): file for file in reversed(earlier) if file.path in by_path}
    pairs = []
    for language in after.languages:
        for file in language.files:
            other = by_path.get(file.path) or by_use.get((_get_tag(file), file.stage))
            if file.kind is FileKind.VIDEO and other is not None:
                pairs.append(PicturePair(before=other, after=file))
    return sorted(pairs, key=lambda pair: pair.is_same)


def get_player_lines(version: Version, *, tag: str, selection: Selection = WHOLE_VERSION) -> PlayerLines:
    """Return the texts beside the picture: three queries.

    :param tag: folded tag of the language that is audible; "" for the source.
    """
    texts = get_version_texts(version, selection)
    columns = _choose_columns(texts.tracks, tag)
    subtitles = choose_offered(_list_subtitles(texts.tracks))
    if not columns:
        return PlayerLines(columns=[], rows=[], subtitles=subtitles)
    tracks = [track.segments for track in texts.load(columns)]
    audio: dict[int, str] = {}
    if columns[-1].key == tag:
        paths = list_line_audio(version, selection).get(fold_language_tag(columns[-1].language), [])
        audio = _find_audio(paths, tracks[-1])
    shown = [list(repair_ends(track)) for track in tracks]  # as the subtitles are
    return PlayerLines(columns=columns, rows=_build_lines(columns, shown, audio), subtitles=subtitles)


def _choose_columns(tracks: Sequence[CatalogTrack], tag: str) -> list[CatalogTrack]:
    """Return the track of the source, then that of the language, where they exist."""
    source = next((track for track in tracks if track.use is TrackUse.SOURCE), None)
    translation = next((track for track in tracks if track.key == tag), None) if tag else None
    return [track for track in (source, translation) if track is not None]


def _find_audio(paths: Sequence[str], segments: Sequence[Segment]) -> dict[int, str]:
    """Return the audio of each line that has one, by its index.

    The first of several files.
    """
    matched = match_line_audio(paths, segments)
    if matched is None:
        return {}
    found: dict[int, str] = {}
    for path in sorted(matched.files):
        found.setdefault(matched.files[path], path)
    return found


def _build_lines(
    columns: Sequence[CatalogTrack], tracks: Sequence[Sequence[Segment]], audio: Mapping[int, str]
) -> list[PlayerLine]:
    is_source = columns[0].use is TrackUse.SOURCE
    lines = []
    for row in align_tracks(tracks)[:LINES_LIMIT]:
        cells = [[track[at] for at in cell] for track, cell in zip(tracks, row.cells, strict=True)]
        spoken = [segment for cell in cells for segment in cell]
        # Times of the language that is audible; of the source where it has no line.
        timed = next((cell for cell in reversed(cells) if cell), spoken)
        lines.append(
            PlayerLine(
                start_ms=timed[0].start_ms,
                end_ms=timed[-1].end_ms,
                speaker=next((segment.speaker for segment in spoken if segment.speaker), ""),
                source=_join(cells[0]) if is_source else "",
                text=_join(cells[-1]) if len(columns) > 1 or not is_source else "",
                audio=next((audio[at] for at in row.cells[-1] if at in audio), ""),
            )
        )
    return lines


def _join(segments: Iterable[Segment]) -> str:
    return "\n".join(segment.text for segment in segments)
