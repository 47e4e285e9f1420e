"""Lines whose text changed after their audio was generated."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from dubbing_core.languages import fold_language_tag
from dubbing_core.stale_results import LINES_KEPT, StaleLines, Staleness
from dubbing_core.staleness import OutdatedResult
from dubbing_core.timeline.catalog import CatalogTrack, TrackUse
from dubbing_core.timeline.line_audio import LineAudio, match_line_audio
from dubbing_core.timeline.text_digests import normalize_line
from dubbing_core.timeline.tracks import Segment

LoadLines = Callable[[int], "Sequence[Segment] | None"]
"""Returns the lines of a translation in a version; None if it has none that can be read."""


def find_translation(tracks: Sequence[CatalogTrack], language: str) -> CatalogTrack | None:
    """Return the translation that is shown for a language, if there is one."""
    folded = fold_language_tag(language)
    return next(
        (
            track
            for track in tracks
            if track.is_first
            and track.use is TrackUse.TRANSLATION
            and fold_language_tag(track.language) == folded
        ),
        None,
    )


def name_changed_lines(
    translation: OutdatedResult, current: Sequence[Segment] | None, earlier: Sequence[Segment] | None
) -> Staleness | None:
    """Return why a translation is stale, with the lines that changed.

    Lines are named where the transcript has as many as before, and do not decide.

    :param current: lines of the transcript.
    :param earlier: its lines in the version of the translation.
    """
    if not translation.stale or not current or not earlier or len(current) != len(earlier):
        return translation.stale
    pairs = enumerate(zip(earlier, current, strict=True), 1)
    numbers = [
        number for number, (before, now) in pairs if normalize_line(before.text) != normalize_line(now.text)
    ]
    if not numbers:
        return translation.stale
    lines = StaleLines(total=len(current), changed=len(numbers), numbers=tuple(numbers[:LINES_KEPT]))
    return replace(translation.stale, lines=lines)


def find_stale_lines(
    audio: OutdatedResult, segments: Collection[str], current: Sequence[Segment] | None, load: LoadLines
) -> Staleness | None:
    """Return why audio is stale, by its lines.

    None if the text of none of them changed. A line is compared with its text in the version in which its audio first appeared. Whole files decide
    where the lines of audio, or an earlier text, are not known.

    :param segments: paths of audio files of single lines.
    :param current: lines of the current translation.
    """
    matched = match_line_audio(segments, current) if current else None
    if matched is None or not current or audio.stale is None:
        return audio.stale
    texts = [normalize_line(segment.text) for segment in current]
    outdated: dict[int, list[str]] = {}
    for path, made_in in audio.since.items():
        if path in matched.files:
            outdated.setdefault(made_in, []).append(path)
    changed: dict[str, int] = {}
    for made_in, paths in outdated.items():
        earlier = load(made_in)
        if earlier is None:
            return audio.stale
        changed |= dict.fromkeys(_list_changed(paths, matched, texts, earlier), made_in)
    # Files of several lines, such as the mixed track of a language.
    whole = {path: made_in for path, made_in in audio.since.items() if path not in segments}
    if not changed:
        return replace(audio.stale, made_in=min(whole.values()), files=len(whole)) if whole else None
    numbers = sorted({matched.files[path] + 1 for path in changed})
    return replace(
        audio.stale,
        changed_in=_find_last_change(audio, changed, matched, texts, load) or audio.stale.changed_in,
        made_in=min(changed.values()),
        files=len(changed) + len(whole),
        lines=StaleLines(total=len(texts), changed=len(numbers), numbers=tuple(numbers[:LINES_KEPT])),
    )


def _list_changed(
    paths: Collection[str], matched: LineAudio, texts: Sequence[str], earlier: Sequence[Segment]
) -> list[str]:
    """Return the files whose line had another text, or did not exist."""
    located = matched.locate(paths, earlier)
    return [
        path
        for path in paths
        if path not in located or normalize_line(earlier[located[path]].text) != texts[matched.files[path]]
    ]


def _find_last_change(
    audio: OutdatedResult,
    changed: Mapping[str, int],
    matched: LineAudio,
    texts: Sequence[str],
    load: LoadLines,
) -> int | None:
    """Return the last version that changed one of the lines, not others of the file."""
    for version, before in zip(reversed(audio.changes), reversed(audio.changes[:-1]), strict=False):
        earlier = load(before)
        if earlier is None or _list_changed(changed, matched, texts, earlier):
            return version
    return None
