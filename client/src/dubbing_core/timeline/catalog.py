"""Catalog of the tracks in a version's files: their uses, the best first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.enums import StrEnum
from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag
from dubbing_core.timeline.scripts import describe_other_script
from dubbing_core.timeline.tracks import TrackKind

SOURCE_KEY = "source"
UNKNOWN_LANGUAGE = "und"
"""As BCP 47 names a language that is not determined."""
NO_USE = {Role.UNCONFIRMED, Role.IGNORED, Role.SPEAKERS}
ROLE_RANKS = {
    Role.TRANSCRIPT: 0,
    Role.TRANSLATION: 0,
    Role.NONE: 1,
    Role.PROJECT: 2,
    Role.BILINGUAL: 3,
    Role.VOICE_ASSIGNMENTS: 4,
    Role.INTERMEDIATE: 5,
}
LAST_RANK = 9


class TrackUse(StrEnum):
    """What a track is in its project."""

    SOURCE = "source"
    """The text of the source."""
    TRANSLATION = "translation"
    OTHER = "other"
    """A text in an unknown role."""


@dataclass(frozen=True, kw_only=True)
class TextFile:
    """A file with tracks.

    Its label, and the facts of each track that are stored with its contents.
    """

    path: str
    category: Category
    language: str
    role: Role
    tracks: Sequence[Mapping[str, Any]]
    """Kind, language, lines, speakers, last end, digest and script of each."""


@dataclass(frozen=True, kw_only=True)
class CatalogTrack:
    """A track of a version, with a name for addresses."""

    key: str
    """`source`, or the language; with a number (`hi.2`) for all but the first of a language."""
    path: str
    index: int
    """Of the track in its file."""
    use: TrackUse
    language: str
    """A BCP 47 tag, or "" if unknown."""
    lines: int
    speakers: int
    end_ms: int
    """End of the last line; 0 in files without times."""
    digest: str
    """Of the text, without times and speakers."""
    script: str = ""
    """Of its letters; "" if there are several or few."""

    @property
    def language_problem(self) -> str:
        """That the text is in no script of its language, as a clause, or ""."""
        return describe_other_script(self.language, self.script)

    @property
    def has_times(self) -> bool:
        return self.end_ms > 0

    @property
    def is_first(self) -> bool:
        """Whether it is the one that is shown unless another one is chosen."""
        return self.use is not TrackUse.OTHER and "." not in self.key


def list_tracks(files: Iterable[TextFile]) -> list[CatalogTrack]:
    """Return the tracks: the source's first, then by language, the best of each first.

    Texts of the source keep the order of their quality, also in several languages. Of tracks with the same text, use and language only the best one is listed: tools write the same lines to several files.
    """
    ranked = sorted(
        ((_rank(file, track), track) for file in files for track in _read_tracks(file)),
        key=lambda each: each[0],
    )
    counts: Counter[str] = Counter()
    named = []
    for track in _remove_copies([track for _, track in ranked]):
        base = _get_base_key(track)
        counts[base] += 1
        number = counts[base]
        key = f"{base}.{number}" if number > 1 or track.use is TrackUse.OTHER else base
        named.append(replace(track, key=key))
    order = list(TrackUse)
    return sorted(
        named,
        key=lambda track: (
            order.index(track.use),
            "" if track.use is TrackUse.SOURCE else track.language.casefold(),
        ),
    )


def _remove_copies(tracks: Sequence[CatalogTrack]) -> list[CatalogTrack]:
    """Return one track of each text, in the place of its first one.

    One in an unknown language takes the language of its first copy.
    """
    languages: dict[tuple[TrackUse, str], dict[str, None]] = {}
    for track in tracks:
        languages.setdefault((track.use, track.digest), {}).setdefault(track.language)
    copies: dict[tuple[TrackUse, str, str], list[CatalogTrack]] = {}
    for track in tracks:
        known = [language for language in languages[track.use, track.digest] if language]
        language = track.language or (known[0] if known else "")
        copy = track if track.language == language else replace(track, language=language)
        copies.setdefault((track.use, track.digest, language), []).append(copy)
    return [_choose_copy(group) for group in copies.values()]


def _choose_copy(copies: Sequence[CatalogTrack]) -> CatalogTrack:
    """Return the best track of a text, or the best one that names its speakers.

    The latter only if it lacks neither lines nor times. Subtitles have no speakers: tools write them to a document.
    """
    best = copies[0]
    if best.speakers:
        return best
    named = (copy for copy in copies if copy.speakers and copy.lines == best.lines)
    return next((copy for copy in named if copy.has_times or not best.has_times), best)


def find_named_source(tracks: Iterable[CatalogTrack]) -> CatalogTrack | None:
    """Return the best text of the source that names its speakers, or None."""
    return next((track for track in tracks if track.use is TrackUse.SOURCE and track.speakers), None)


def _get_base_key(track: CatalogTrack) -> str:
    if track.use is TrackUse.TRANSLATION:
        return fold_language_tag(track.language) or UNKNOWN_LANGUAGE
    return SOURCE_KEY if track.use is TrackUse.SOURCE else "text"


def _read_tracks(file: TextFile) -> Iterable[CatalogTrack]:
    translations = sum(facts["kind"] == TrackKind.TRANSLATION for facts in file.tracks)
    for index, facts in enumerate(file.tracks):
        use = _get_use(file, TrackKind(facts["kind"]))
        stated = facts["language"]
        # A person's or a recognizer's label counts more than a file that claims a language, unless it has several.
        is_one_of_many = use is TrackUse.TRANSLATION and translations > 1
        is_source_of_labeled = use is TrackUse.SOURCE and file.category is not Category.TRANSCRIPTIONS
        labeled = "" if is_one_of_many or is_source_of_labeled else file.language
        yield CatalogTrack(
            key="",
            path=file.path,
            index=index,
            use=use,
            language=labeled or stated or (file.language if is_one_of_many else ""),
            lines=facts["lines"],
            speakers=facts["speakers"],
            end_ms=facts["end_ms"],
            digest=facts["digest"],
            script=facts.get("script", ""),  # older rows have none
        )


def _get_use(file: TextFile, kind: TrackKind) -> TrackUse:
    if file.role in NO_USE:
        return TrackUse.OTHER
    if kind is TrackKind.TRANSCRIPT:
        return TrackUse.SOURCE
    if kind is TrackKind.TRANSLATION:
        return TrackUse.TRANSLATION
    if file.role is Role.BILINGUAL:
        return TrackUse.OTHER
    if file.category is Category.TRANSCRIPTIONS:
        return TrackUse.SOURCE
    return TrackUse.TRANSLATION if file.category is Category.TRANSLATIONS else TrackUse.OTHER


def get_role_rank(role: str) -> int:
    """Return the rank of files in a role: results come before working files."""
    return ROLE_RANKS.get(Role(role), LAST_RANK)


def _rank(file: TextFile, track: CatalogTrack) -> tuple[bool, int, bool, bool, str, int]:
    """Return the sort key.

    A transcription comes before the source's lines in other files, results come before working files, texts with times before
    those without, whole texts last.
    """
    is_transcription = file.category is Category.TRANSCRIPTIONS and file.role is not Role.INTERMEDIATE
    return (
        track.use is TrackUse.SOURCE and not is_transcription,
        get_role_rank(file.role),
        not track.has_times,
        track.lines <= 1,
        file.path,
        track.index,
    )
