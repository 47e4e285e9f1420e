"""Media files that differ between two versions, by what is known of them."""

from __future__ import annotations

from dubbing_core.media_facts import CLOCK_FROM_MS, MediaFacts, format_clock, format_duration, name_codec
from dubbing_core.sentences import plural, sentence

STEREO = 2
SAME_MS = 50
"""Lengths that differ by less are the same: containers round."""


def compare_media(before: MediaFacts | None, after: MediaFacts | None) -> list[tuple[str, str, str]]:
    """Return what differs: name, value before, value after.

    Empty if nothing does, or if nothing is known of one of them.
    """
    if before is None or after is None:
        return []
    rows = [
        (sentence("duration"), _describe_duration(before), _describe_duration(after)),
        (sentence("video"), _describe_picture(before), _describe_picture(after)),
        (sentence("frame rate"), _describe_rate(before), _describe_rate(after)),
        (sentence("audio"), _describe_sound(before), _describe_sound(after)),
        (sentence("flaw"), before.problem, after.problem),
        (sentence("unreadable"), before.reason, after.reason),
    ]
    differing: list[tuple[str, str, str]] = [(name, old, new) for name, old, new in rows if old != new]
    if _is_same_length(before, after):
        differing = [row for row in differing if row[0] != "duration"]
    return differing


def _is_same_length(before: MediaFacts, after: MediaFacts) -> bool:
    if before.duration_ms is None or after.duration_ms is None:
        return False
    return abs(before.duration_ms - after.duration_ms) < SAME_MS


def _describe_duration(facts: MediaFacts) -> str:
    """Return the length; with its tenths, since a line may have become a bit longer."""
    if facts.duration_ms is None:
        return ""
    if facts.duration_ms < CLOCK_FROM_MS:
        return format_duration(facts.duration_ms)
    seconds, rest = divmod(facts.duration_ms, 1000)
    return f"{format_clock(seconds * 1000)}.{rest // 100}"


def _describe_picture(facts: MediaFacts) -> str:
    return f"{facts.picture} {facts.resolution}".strip()


def _describe_rate(facts: MediaFacts) -> str:
    return f"{facts.frame_rate:g}" if facts.frame_rate else ""


def _describe_sound(facts: MediaFacts) -> str:
    if not facts.audio_codec:
        return ""
    return sentence(
        "%(codec)s %(rate)s kHz %(channels)s",
        codec=name_codec(facts.audio_codec),
        rate=format(facts.sample_rate / 1000, "g"),
        channels=_describe_channels(facts.channels),
    )


def _describe_channels(count: int) -> str:
    if count == STEREO:
        return sentence("stereo")
    return sentence("mono") if count == 1 else plural("%(count)s channel", "%(count)s channels", count=count)
