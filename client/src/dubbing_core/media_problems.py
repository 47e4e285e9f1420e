"""Flaws of a readable media file: ends of its streams, and damage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_core.media_facts import CLOCK_FROM_MS, MediaStream, StreamKind, format_clock, format_duration
from dubbing_core.sentences import Sentence, join, sentence

CUT_MS, CUT_SHARE = 250, 0.01
"""A stream that ends earlier than stated by more than both is cut off: containers round, encoders pad."""
SHORT_MS, SHORT_SHARE = 2_000, 0.05
"""Audio that ends before the picture by more than both is worth a note: shorter ends are silence."""
LOST_MS = 1_000
"""Audio of which more than this cannot be decoded at its end is cut off."""
CUT_OFF = {
    "audio": sentence("audio ends at %(end)s of %(length)s").template,
    "video": sentence("video ends at %(end)s of %(length)s").template,
    "content": sentence("content ends at %(end)s of %(length)s").template,
}
NO_AUDIO = sentence("audio cannot be decoded")
NO_SOUND = sentence("has no sound")
"""Of a dubbed video."""


@dataclass(frozen=True, kw_only=True)
class SoundDamage:
    """Places of the main audio stream that cannot be decoded."""

    gaps: int
    """Places without audio between others with it."""
    first_gap: tuple[int, int] | None
    """Start and end of the first one, in milliseconds."""
    end_ms: int
    """Where the last audio ends that could be decoded; 0 if there is none."""


def find_problem(streams: Sequence[MediaStream], duration_ms: int | None) -> str:
    """Return what is wrong in a clause, such as ``audio ends at 0:41 of 2:10``.

    Empty if nothing is.

    :param duration_ms: that the file states.
    """
    main = [
        stream
        for kind in (StreamKind.VIDEO, StreamKind.AUDIO)
        if (stream := next((each for each in streams if each.kind is kind), None)) is not None
    ]
    cut = [(stream, stream.end_ms) for stream in main if _is_cut(stream)]
    if cut and duration_ms is not None:
        # What ends last is where the file ends.
        end = max(end for _, end in cut if end is not None)
        name = "content" if len(cut) == len(main) else cut[0][0].kind.value
        return sentence(
            CUT_OFF[name], end=_format(end, duration_ms), length=_format(duration_ms, duration_ms)
        )
    video, audio = (
        next((stream for stream in main if stream.kind is kind), None)
        for kind in (StreamKind.VIDEO, StreamKind.AUDIO)
    )
    if video and audio and video.duration_ms and audio.duration_ms is not None:
        missing = video.duration_ms - audio.duration_ms
        if missing > max(SHORT_MS, SHORT_SHARE * video.duration_ms):
            length = video.duration_ms
            return sentence(
                CUT_OFF["audio"],
                end=_format(audio.duration_ms, length),
                length=_format(length, length),
            )
    return ""


def describe_damage(damage: SoundDamage, streams: Sequence[MediaStream], duration_ms: int | None) -> str:
    """Return which audio is missing, in a clause.

    Such as ``audio is missing from 0:12 to 0:17 of 2:10``; empty if nothing is damaged.

    :param duration_ms: that the file states.
    """
    if not damage.end_ms:
        return NO_AUDIO
    audio = next((stream for stream in streams if stream.kind is StreamKind.AUDIO), None)
    expected = None if audio is None else audio.duration_ms if audio.end_ms is None else audio.end_ms
    length = duration_ms or expected or damage.end_ms
    found: list[Sentence] = []
    if damage.first_gap is not None:
        start, end = (_format(each, length) for each in damage.first_gap)
        missing = sentence(
            "audio is missing from %(start)s to %(end)s of %(length)s",
            start=start,
            end=end,
            length=_format(length, length),
        )
        if damage.gaps > 1:
            missing = sentence(
                "audio is missing in %(count)s places, first at %(start)s of %(length)s",
                count=damage.gaps,
                start=start,
                length=_format(length, length),
            )
        found.append(missing)
    if expected is not None and expected - damage.end_ms > max(LOST_MS, CUT_SHARE * expected):
        found.append(
            sentence(
                CUT_OFF["audio"],
                end=_format(damage.end_ms, length),
                length=_format(length, length),
            )
        )
    return join(found, "; ") if found else ""


def _is_cut(stream: MediaStream) -> bool:
    if stream.end_ms is None or not stream.duration_ms:
        return False
    return stream.duration_ms - stream.end_ms > max(CUT_MS, CUT_SHARE * stream.duration_ms)


def _format(milliseconds: int, longest: int) -> str:
    """Return a time in the form of the longest one beside it: ``0:05 of 2:10``."""
    return (format_duration if longest < CLOCK_FROM_MS else format_clock)(milliseconds)
