"""Light copies of real videos, and which derivatives files get."""

from __future__ import annotations

from io import BytesIO

import av
import pytest

from sessions_app.media.plan import COPIED_BIT_RATE, Kind, is_picture_copied, is_playable, plan_kinds
from sessions_app.media.reader import MediaReader
from tests.unit.media.samples import KEY, SECONDS, make, store_with


@pytest.mark.parametrize("name", ["talk.mkv", "talk.ts", "picture.mov", "ten-bit.mp4"])
def test_a_proxy_plays_in_browsers_at_the_same_times(maker, samples, name):
    made, data = make(maker, samples[name], {Kind.PROXY})[Kind.PROXY]

    assert (made.reason, made.extension, made.details) == ("", "mp4", {"width": 160, "height": 90})
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(BytesIO(data), "r") as proxy:
        codecs = [stream.codec_context.codec.canonical_name for stream in proxy.streams]
        assert proxy.streams.video[0].pix_fmt == "yuv420p"
        frames = [frame.time or 0.0 for frame in proxy.decode(video=0)]
    assert codecs == (["aac", "h264"] if name.startswith("talk") else ["h264"])
    assert len(frames) == 200
    assert frames[0] == pytest.approx(0, abs=0.05)
    assert frames[-1] == pytest.approx(7.96, abs=0.05)


def test_a_proxy_of_a_damaged_video_has_the_rest(maker, samples):
    made, data = make(maker, samples["half talk.mkv"], {Kind.PROXY})[Kind.PROXY]

    assert not made.reason
    with av.open(BytesIO(data), "r") as proxy:
        assert len(list(proxy.decode(video=0))) > 50


def read_frames(data: bytes) -> list[tuple[float, bytes]]:
    """Return time and contents of each picture."""
    with av.open(BytesIO(data), "r") as container:
        return [(frame.time or 0.0, _read_brightness(frame)) for frame in container.decode(video=0)]


def _read_brightness(frame: av.VideoFrame) -> bytes:
    plane = frame.planes[0]
    data, line = bytes(plane), plane.line_size
    return b"".join(data[start : start + frame.width] for start in range(0, line * frame.height, line))


@pytest.mark.parametrize("name", ["talk.mkv", "talk.ts", "talk.avi", "surround.mkv", "vp9.mkv"])
def test_a_picture_that_browsers_play_is_copied(maker, samples, name):
    made, data = make(maker, samples[name], {Kind.PROXY}, copies_picture=True)[Kind.PROXY]

    assert (made.reason, made.extension, made.details) == ("", "mp4", {"width": 160, "height": 90})
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(BytesIO(samples[name]), "r") as source:
        origin = (source.start_time or 0) / av.time_base if name == "talk.ts" else 0.0
    with av.open(BytesIO(data), "r") as proxy:
        assert proxy.streams.audio[0].codec_context.codec.canonical_name == "aac"
        ends = [(frame.time or 0.0) + frame.samples / frame.sample_rate for frame in proxy.decode(audio=0)]
    copied, original = read_frames(data), read_frames(samples[name])
    assert [contents for _, contents in copied] == [contents for _, contents in original]
    assert [time for time, _ in copied] == pytest.approx([time - origin for time, _ in original], abs=0.002)
    assert ends[-1] == pytest.approx(8.0, abs=0.1)


def test_a_recording_that_begins_anywhere_is_copied_from_its_first_key_frame(maker, samples):
    with (
        av.open(BytesIO(samples["surround.mkv"]), "r") as source,
        av.open(recording := BytesIO(), "w", format="mpegts") as target,
    ):
        stream = target.add_stream_from_template(source.streams.video[0])
        for number, packet in enumerate(source.demux(video=0)):
            if number > 20 and packet.size:
                packet.stream = stream
                target.mux(packet)

    made, data = make(maker, recording.getvalue(), {Kind.PROXY}, copies_picture=True)[Kind.PROXY]

    assert not made.reason
    original = {contents for _, contents in read_frames(samples["surround.mkv"])[50:]}
    assert {contents for _, contents in read_frames(data)} == original


@pytest.mark.parametrize("name", ["frames-out-of-order.avi", "damaged talk.ts"])
def test_a_picture_that_cannot_be_copied_is_encoded(maker, samples, name):
    """AVI states no times of frames that are out of order; browsers stop where a picture is damaged."""
    made, data = make(maker, samples[name], {Kind.PROXY}, copies_picture=True)[Kind.PROXY]

    assert not made.reason
    copied, original = read_frames(data), read_frames(samples["talk.mp4"])
    assert len(copied) > 100
    assert not {contents for _, contents in copied} & {contents for _, contents in original}
    assert copied[-1][0] == pytest.approx(7.96, abs=0.1)


@pytest.mark.parametrize(
    ("name", "is_copied"),
    [
        ("talk.mkv", True),
        ("talk.ts", True),
        ("surround.mkv", True),
        ("ten-bit.mp4", False),
        ("half talk.mkv", False),
        ("voice.wav", False),
    ],
)
def test_pictures_that_browsers_play_are_to_be_copied(samples, name, is_copied):
    size = len(samples[name])
    with MediaReader() as reader:
        facts = reader.read(store_with(samples[name]), KEY, size)

    assert is_picture_copied(facts, size) is is_copied
    assert not is_picture_copied(facts, COPIED_BIT_RATE * SECONDS // 8 + 100_000)


@pytest.mark.parametrize(
    ("name", "playable", "kinds"),
    [
        ("talk.mp4", True, set(Kind) - {Kind.PROXY}),
        ("talk.mkv", False, set(Kind)),
        ("vp9.mkv", True, set(Kind)),  # but browsers do not know the name's type
        ("picture.mov", True, {Kind.POSTER, Kind.STRIP}),
        ("ten-bit.mp4", False, {Kind.POSTER, Kind.STRIP, Kind.PROXY}),
        ("voice.wav", True, {Kind.PEAKS, Kind.LOUDNESS}),
        ("voice.ogg", True, {Kind.PEAKS, Kind.LOUDNESS}),
        ("huge.mov", False, set()),
        ("half picture.mov", False, set()),
    ],
)
def test_plan(samples, name, playable, kinds):
    with MediaReader() as reader:
        facts = reader.read(store_with(samples[name]), KEY, len(samples[name]))

    assert plan_kinds(facts, name) == kinds
    assert is_playable(facts) is playable
