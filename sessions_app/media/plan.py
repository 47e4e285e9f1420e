"""Which derivatives a media file gets, by its facts."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from dubbing_core.media_facts import MediaFacts
from sessions_app.media.types import playable_type


class Kind(StrEnum):
    """Kind of a derivative, in the order in which they are made."""

    POSTER = "poster"
    PEAKS = "peaks"
    LOUDNESS = "loudness"
    AUDIO = "audio"
    STRIP = "strip"
    PROXY = "proxy"


class Workload(StrEnum):
    """Derivatives that are made by one kind of worker."""

    PREVIEWS = "previews"
    PROXIES = "proxies"

    @property
    def kinds(self) -> frozenset[Kind]:
        proxies = frozenset({Kind.PROXY})
        return proxies if self is Workload.PROXIES else frozenset(Kind) - proxies


GROUPS: tuple[tuple[Kind, ...], ...] = (
    (Kind.POSTER,),
    (Kind.PEAKS, Kind.LOUDNESS, Kind.AUDIO),
    (Kind.STRIP,),
    (Kind.PROXY,),
)
"""Kinds that are made in one pass over a file, in order."""
LONGEST_PROXY_MS = 3 * 3600 * 1000
"""Of longer videos no light copy is made: it takes a third of their length."""
COPIED_BIT_RATE = 8_000_000
"""Of a file, up to which its picture is copied: above, the copy would be light for neither the network nor the quota."""
COPIED_SIZE = 1536 * 1024**2
"""Bytes of a file up to which its picture is copied: the process writes at most 2 GiB."""
PLAYABLE_PICTURES = {
    "mp4": {"h264", "av1", "vp9"},
    "mov": {"h264"},
    "matroska": {"vp8", "vp9", "av1"},
    "ogg": {"vp8"},
}
"""Video codecs that current browsers play, by container."""
PLAYABLE_PIXELS = {
    "h264": {"yuv420p", "yuvj420p"},
    "vp8": {"yuv420p"},
    "vp9": {"yuv420p", "yuv420p10le"},
    "av1": {"yuv420p", "yuv420p10le", "gray", "gray10le"},
}
"""Pixel formats that they play, by codec: of H.264 only 8 bits per color in 4:2:0, which decoders in hardware have."""
PLAYABLE_SOUND = {
    "mp4": {"aac", "mp3", "opus", "flac"},
    "mov": {"aac", "mp3"},
    "matroska": {"opus", "vorbis"},
    "ogg": {"opus", "vorbis", "flac"},
    "mp3": {"mp3"},
    "flac": {"flac"},
    "aac": {"aac"},
    "wav": {"pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le"},
}


def is_playable(facts: MediaFacts) -> bool:
    """Return whether current browsers play the file as it is."""
    if facts.video_codec and not _is_picture_playable(facts):
        return False
    if facts.audio_codec:
        return facts.audio_codec in PLAYABLE_SOUND.get(facts.container, set())
    return bool(facts.video_codec)


def is_playable_file(facts: MediaFacts, path: str) -> bool:
    """Return whether browsers play the file under its name.

    The name decides on its media type.
    """
    return is_playable(facts) and playable_type(path) is not None


def is_picture_copied(facts: MediaFacts, size: int) -> bool:
    """Return whether the light copy has the picture of the file, bit for bit.

    So it is if browsers only do not play its container or sound. A damaged picture is encoded: browsers stop where it is damaged.
    """
    seconds = (facts.duration_ms or 0) / 1000
    is_light = size <= COPIED_SIZE and size * 8 <= COPIED_BIT_RATE * seconds
    in_copy = replace(facts, container="mp4")
    return is_light and not facts.problem and bool(facts.pixel_format) and _is_picture_playable(in_copy)


def _is_picture_playable(facts: MediaFacts) -> bool:
    if facts.video_codec not in PLAYABLE_PICTURES.get(facts.container, set()):
        return False
    return not facts.pixel_format or facts.pixel_format in PLAYABLE_PIXELS[facts.video_codec]


def plan_kinds(facts: MediaFacts, path: str) -> frozenset[Kind]:
    """Return the derivatives that a file gets; none if it is unreadable."""
    plays = is_playable_file(facts, path)
    if facts.reason:
        return frozenset()
    kinds: set[Kind] = set()
    if facts.video_codec and facts.width and facts.height:
        kinds |= {Kind.POSTER, Kind.STRIP}
        if not plays and 0 < (facts.duration_ms or 0) <= LONGEST_PROXY_MS:
            kinds.add(Kind.PROXY)
    if facts.audio_codec:
        kinds |= {Kind.PEAKS, Kind.LOUDNESS}
        if facts.video_codec or not plays:
            kinds.add(Kind.AUDIO)
    return frozenset(kinds)
