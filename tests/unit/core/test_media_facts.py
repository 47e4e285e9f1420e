"""Facts of media in a line, and what is wrong with a file by the ends of its streams."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dubbing_core.media_facts import MediaFacts, MediaStream, StreamKind, format_duration
from dubbing_core.media_problems import NO_AUDIO, SoundDamage, describe_damage, find_problem

FACTS = MediaFacts(
    container="mp4",
    duration_ms=130_000,
    video_codec="h264",
    width=1280,
    height=720,
    frame_rate=25.0,
    audio_codec="aac",
    sample_rate=48_000,
    channels=2,
    streams=(MediaStream(kind=StreamKind.VIDEO, codec="h264", duration_ms=130_000),),
    stream_count=2,
)


def video(duration_ms: int, end_ms: int | None = None) -> MediaStream:
    return MediaStream(kind=StreamKind.VIDEO, duration_ms=duration_ms, end_ms=end_ms)


def audio(duration_ms: int, end_ms: int | None = None) -> MediaStream:
    return MediaStream(kind=StreamKind.AUDIO, duration_ms=duration_ms, end_ms=end_ms)


@pytest.mark.parametrize(
    ("facts", "summary"),
    [
        (FACTS, "2:10, H.264 1280x720, AAC"),
        (replace(FACTS, video_codec="hevc", pixel_format="p010le"), "2:10, H.265 10-bit 1280x720, AAC"),
        (replace(FACTS, pixel_format="yuv420p"), "2:10, H.264 1280x720, AAC"),
        (MediaFacts(duration_ms=1_350, audio_codec="pcm_s16le"), "1.4 s, PCM"),
        (MediaFacts(video_codec="strange", width=8, height=8), "strange 8x8"),
        (MediaFacts(reason="is empty"), ""),
    ],
)
def test_the_summary_has_what_is_known(facts, summary):
    assert facts.summary == summary


def test_facts_survive_as_json_values():
    assert MediaFacts.from_dict({**FACTS.as_dict(), "from a later release": 1}) == FACTS


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [(0, "0.0 s"), (9_940, "9.9 s"), (41_400, "0:41"), (130_000, "2:10"), (3_723_000, "1:02:03")],
)
def test_durations(milliseconds, text):
    assert format_duration(milliseconds) == text


@pytest.mark.parametrize(
    ("streams", "problem"),
    [
        ([video(130_000, 129_980), audio(130_000, 129_990)], ""),
        ([video(130_000, 130_000), audio(130_000, 41_000)], "audio ends at 0:41 of 2:10"),
        ([video(130_000, 41_000), audio(130_000, 130_000)], "video ends at 0:41 of 2:10"),
        ([video(130_000, 40_000), audio(130_000, 41_000)], "content ends at 0:41 of 2:10"),
        ([video(130_000), audio(41_000)], "audio ends at 0:41 of 2:10"),
        ([video(130_000), audio(5_000)], "audio ends at 0:05 of 2:10"),
        ([video(130_000), audio(125_000)], ""),
        ([audio(2_000, 1_200)], "content ends at 1.2 s of 2.0 s"),
        ([audio(2_000, 1_900)], ""),
        ([video(5_000, 5_000), audio(130_000, 130_000)], "video ends at 0:05 of 2:10"),
        ([video(41_000), audio(130_000)], "video ends at 0:41 of 2:10"),
        ([video(125_000), audio(130_000)], ""),
        ([video(40, 40), audio(130_000, 130_000)], ""),
        ([video(130_000, 61), audio(130_000, 130_000)], ""),
        ([video(130_000, 0), audio(130_000, 130_000)], "video ends at 0:00 of 2:10"),
        ([video(130_000, 61), audio(130_000, 61)], "content ends at 0:00 of 2:10"),
        ([MediaStream(kind=StreamKind.COVER, duration_ms=40), audio(130_000, 130_000)], ""),
        ([], ""),
    ],
)
def test_a_stream_that_ends_early_is_a_problem(streams, problem):
    duration = max((stream.duration_ms or 0 for stream in streams), default=0)

    assert find_problem(streams, duration or None) == problem


@pytest.mark.parametrize(
    ("frame_rate", "problem"),
    [(0.1, ""), (25.0, "video ends at 0:10 of 2:10"), (None, "video ends at 0:10 of 2:10")],
)
def test_a_single_frame_may_be_long(frame_rate, problem):
    assert find_problem([video(10_000), audio(130_000)], 130_000, frame_rate=frame_rate) == problem


@pytest.mark.parametrize(
    ("gaps", "first_gap", "end_ms", "expected"),
    [
        (0, None, 129_500, ""),
        (1, (12_000, 17_400), 130_000, "audio is missing from 0:12 to 0:17 of 2:10"),
        (3, (12_000, 17_400), 130_000, "audio is missing in 3 places, first at 0:12 of 2:10"),
        (0, None, 41_000, "audio ends at 0:41 of 2:10"),
        (1, (3_000, 5_000), 41_000, "audio is missing from 0:03 to 0:05 of 2:10; audio ends at 0:41 of 2:10"),
        (0, None, 0, NO_AUDIO),
    ],
)
def test_damage_that_decoding_finds_has_its_place(gaps, first_gap, end_ms, expected):
    damage = SoundDamage(gaps=gaps, first_gap=first_gap, end_ms=end_ms)

    assert describe_damage(damage, [video(130_000), audio(130_000, 130_000)], 130_000) == expected


@pytest.mark.parametrize(("end_ms", "decoded_ms"), [(41_020, 41_000), (0, 2)])
def test_audio_that_is_known_to_end_early_is_not_named_twice(end_ms, decoded_ms):
    damage = SoundDamage(gaps=0, first_gap=None, end_ms=decoded_ms)

    assert not describe_damage(damage, [video(130_000), audio(130_000, end_ms)], 130_000)
