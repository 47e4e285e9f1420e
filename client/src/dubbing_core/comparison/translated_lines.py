"""Lines of a translation that are older than those of the transcript.

A line is as old as its text: a file that is saved again with another line changed leaves the age of its other lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from dubbing_core.comparison.matching import match_equal
from dubbing_core.stale_results import LINES_KEPT, Input, StaleLines, Staleness
from dubbing_core.staleness import OutdatedResult
from dubbing_core.timeline.alignment import are_parallel
from dubbing_core.timeline.line_changes import LoadLines, name_changed_lines
from dubbing_core.timeline.text_digests import normalize_line
from dubbing_core.timeline.tracks import Segment

MAX_EARLIER = 50
"""Earlier texts of a translation that are compared; lines that are older count as of the oldest of them."""


class DatedText(NamedTuple):
    """A translation in a version."""

    path: str
    lines: Sequence[Segment]
    since: int
    """Version in which its text first appeared."""


class Origin(NamedTuple):
    """Where a line of a translation is from."""

    version: int
    transcript: str | None
    """Line of the transcript in that version; None if there was no transcript."""


LoadText = Callable[[int], "DatedText | None"]
"""Returns the translation in a version; None if it has none that can be read."""


def find_stale_translation(
    outdated: OutdatedResult, *, number: int, load: LoadText, load_source: LoadLines
) -> Staleness | None:
    """Return why a translation is stale, by its lines.

    None if no line of the transcript changed after its translation. Whole files decide, and changed lines are only named, where lines of transcript
    and translation are not spoken at the same time one by one: subtitles are joined and split in translation.

    :param number: of the current version.
    """
    text, source = load(number), load_source(number)
    origins = (
        _find_origins(text, load, load_source)
        if text and source and are_parallel(source, text.lines)
        else None
    )
    if text is None or source is None or origins is None:
        stale = outdated.stale
        return name_changed_lines(outdated, source, load_source(stale.made_in)) if stale else None
    changed = {
        index: origin.version
        for index, origin in origins.items()
        if origin.transcript is not None and origin.transcript != normalize_line(source[index].text)
    }
    # Other files of the cell, such as one with all translations.
    whole = {path: made_in for path, made_in in outdated.since.items() if path != text.path}
    if not changed:
        if not outdated.stale or not whole:
            return None
        return replace(outdated.stale, made_in=min(whole.values()), files=len(whole))
    numbers = sorted(index + 1 for index in changed)
    return Staleness(
        cause=Input.TRANSCRIBED,
        changed_in=_find_last_change(outdated, changed, load_source),
        made_in=min([*changed.values(), *whole.values()]),
        files=1 + len(whole),
        lines=StaleLines(total=len(source), changed=len(numbers), numbers=tuple(numbers[:LINES_KEPT])),
    )


def _find_origins(text: DatedText, load: LoadText, load_source: LoadLines) -> dict[int, Origin] | None:
    """Return the origin of each line.

    None if it is not known from which line of the transcript one was made.
    """
    origins: dict[int, Origin] = {}
    pending = {index: index for index in range(len(text.lines))}
    for remaining in reversed(range(MAX_EARLIER)):
        earlier = _load_earlier(text, load, load_source) if remaining else None
        matched = dict(match_equal(_normalize(text.lines), _normalize(earlier.lines))) if earlier else {}
        written = {index: line for index, line in pending.items() if line not in matched}
        if written:
            found = _read_origins(text, written, load, load_source)
            if found is None:
                return None
            origins |= found
        pending = {index: matched[line] for index, line in pending.items() if line in matched}
        if not pending or earlier is None:
            break
        text = earlier
    return origins


def _load_earlier(text: DatedText, load: LoadText, load_source: LoadLines) -> DatedText | None:
    """Return the text before it, if its lines are those of its transcript."""
    earlier = load(text.since - 1) if text.since > 1 else None
    if earlier is None or earlier.since >= text.since:
        return None
    source = load_source(earlier.since)
    return earlier if source is None or are_parallel(source, _get_first_lines(earlier, load)) else None


def _read_origins(
    text: DatedText, written: Mapping[int, int], load: LoadText, load_source: LoadLines
) -> dict[int, Origin] | None:
    """Return the origins of lines that are first in this text."""
    source = load_source(text.since)
    if source is None:
        return {index: Origin(text.since, None) for index in written}
    if not are_parallel(source, _get_first_lines(text, load)):
        return None
    return {index: Origin(text.since, normalize_line(source[line].text)) for index, line in written.items()}


def _get_first_lines(text: DatedText, load: LoadText) -> Sequence[Segment]:
    """Return the lines at their first times: a tool may have moved them since."""
    first = load(text.since)
    return first.lines if first and _normalize(first.lines) == _normalize(text.lines) else text.lines


def _normalize(lines: Sequence[Segment]) -> list[str]:
    return [normalize_line(line.text) for line in lines]


def _find_last_change(outdated: OutdatedResult, changed: Mapping[int, int], load_source: LoadLines) -> int:
    """Return the last version that changed one of these lines."""
    for version, before in zip(reversed(outdated.changes), reversed(outdated.changes[:-1]), strict=False):
        now, earlier = load_source(version), load_source(before)
        if not now or not earlier or len(now) != len(earlier):
            return version
        if any(normalize_line(now[at].text) != normalize_line(earlier[at].text) for at in changed):
            return version
    return outdated.changes[-1]
