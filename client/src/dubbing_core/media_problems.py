"""Flaws of a readable media file: ends of its streams, and damage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_core.media_facts import CLOCK_FROM_MS, MediaStream, StreamKind, format_clock, format_duration
from dubbing_core.sentences import Sentence, join, sentence

CUT_MS, CUT_SHARE = 250, 0.01
"""A stream that ends earlier than stated by more than both is cut off: containers round, encoders pad."""
SHORT_MS, SHORT_SHARE = 2_000, 0.05
"""Audio or video that ends before the other by more than both is worth a note: shorter ends are silence."""
LOST_MS = 1_000
"""Audio of which more than this cannot be decoded at its end is cut off."""
STILL_MS, STILL_FRAMES = 1_000, 2.5
"""A picture of at most the longer of these is a still that is shown with the audio: some containers add a frame to it."""
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


def find_problem(
    streams: Sequence[MediaStream], duration_ms: int | None, *, frame_rate: float | None = None
) -> str:
    """Return what is wrong in a clause, such as ``audio ends at 0:41 of 2:10``.

    Empty if nothing is. Covers do not count, and a still with audio has no end.

    :param duration_ms: that the file states.
    :param frame_rate: of the main video stream, if it is known.
    """
    video, audio = (
        next((stream for stream in streams if stream.kind is kind), None)
        for kind in (StreamKind.VIDEO, StreamKind.AUDIO)
    )
    main = [stream for stream in (video, audio) if stream is not None]
    cut = [stream for stream in main if _is_cut(stream)]
    is_still = video is not None and audio is not None and _is_still(video, frame_rate)
    if is_still and cut == [video]:
        cut = []
    if cut and duration_ms is not None:
        # What ends last is where the file ends.
        end = max(stream.end_ms for stream in cut if stream.end_ms is not None)
        name = "content" if len(cut) == len(main) else cut[0].kind.value
        return _state_end(name, end, duration_ms)
    if video and audio and video.duration_ms and audio.duration_ms is not None:
        end, length = sorted((video.duration_ms, audio.duration_ms))
        name = "audio" if end == audio.duration_ms else "video"
        if length - end > max(SHORT_MS, SHORT_SHARE * length) and not (is_still and name == "video"):
            return _state_end(name, end, length)
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
        found.append(_state_end("audio", damage.end_ms, length))
    return join(found, "; ") if found else ""


def _is_cut(stream: MediaStream) -> bool:
    if stream.end_ms is None or not stream.duration_ms:
        return False
    return stream.duration_ms - stream.end_ms > max(CUT_MS, CUT_SHARE * stream.duration_ms)


def _is_still(video: MediaStream, frame_rate: float | None) -> bool:
    shown_ms = video.duration_ms if video.end_ms is None else video.end_ms
    if not shown_ms:  # a damaged video, of which no frame can be read
        return False
    longest_ms = STILL_FRAMES * 1000 / frame_rate if frame_rate else 0
    return shown_ms <= max(STILL_MS, longest_ms)


def _state_end(name: str, end_ms: int, length_ms: int) -> Sentence:
    return sentence(CUT_OFF[name], end=_format(end_ms, length_ms), length=_format(length_ms, length_ms))


def _format(milliseconds: int, longest: int) -> str:
    """Return a time in the form of the longest one beside it: ``0:05 of 2:10``."""
    return (format_duration if longest < CLOCK_FROM_MS else format_clock)(milliseconds)
