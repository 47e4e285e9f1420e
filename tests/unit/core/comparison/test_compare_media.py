"""Media of two versions, compared by what is known of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dubbing_core.comparison.media import compare_media
from dubbing_core.media_facts import MediaFacts

FACTS = MediaFacts(
    container="mp4",
    duration_ms=130_000,
    video_codec="h264",
    width=1280,
    height=720,
    frame_rate=25.0,
    audio_codec="aac",
    sample_rate=44_100,
    channels=2,
)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"duration_ms": 130_040}, []),
        ({"duration_ms": 117_500}, [("duration", "2:10.0", "1:57.5")]),
        ({"duration_ms": 1_400}, [("duration", "2:10.0", "1.4 s")]),
        ({"video_codec": "hevc"}, [("video", "H.264 1280x720", "H.265 1280x720")]),
        ({"frame_rate": 29.97}, [("frame rate", "25", "29.97")]),
        ({"channels": 1}, [("audio", "AAC 44.1 kHz stereo", "AAC 44.1 kHz mono")]),
        ({"audio_codec": ""}, [("audio", "AAC 44.1 kHz stereo", "")]),
        ({"problem": "cut off"}, [("flaw", "", "cut off")]),
    ],
)
def test_differences(changes, expected):
    assert compare_media(FACTS, replace(FACTS, **changes)) == expected


def test_nothing_differs_as_far_as_is_known():
    assert compare_media(None, FACTS) == compare_media(FACTS, None) == []
