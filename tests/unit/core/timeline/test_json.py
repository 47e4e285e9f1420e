from __future__ import annotations

import json

import pytest

from dubbing_core.timeline.json_stream import JsonStream
from dubbing_core.timeline.tracks import UnreadableError
from tests.unit.core.timeline.read_text import cues, read

WHISPER = {
    "text": " Hello. Later.",
    "segments": [
        {"id": 0, "seek": 0, "start": 0.0, "end": 1.5, "text": " Hello.", "tokens": [1, 2], "temperature": 0.0},
        {"id": 1, "seek": 0, "start": 2.0, "end": 3.25, "text": " Later.", "tokens": [3], "temperature": 0.0},
    ],
    "language": "en",
}  # fmt: skip
WORD = {"word": "Hello.", "start": 0.0, "end": 1.5, "score": 0.9, "speaker": "SPEAKER_00"}
WHISPERX = {
    "segments": [{"start": 0.0, "end": 1.5, "text": " Hello.", "words": [WORD], "speaker": "SPEAKER_00"}],
    "word_segments": [WORD],
}
WHISPER_CPP = {
    "systeminfo": "AVX = 1",
    "model": {"type": "base", "multilingual": True},
    "params": {"model": "x.bin", "language": "auto"},
    "result": {"language": "de"},
    "transcription": [
        {
            "timestamps": {"from": "00:00:00,000", "to": "00:00:01,500"},
            "offsets": {"from": 0, "to": 1500},
            "text": " Hallo.",
        }
    ],
}
OPEN_DUBBING = {
    "utterances": [
        {
            "id": 1,
            "start": 1.26,
            "end": 3.94,
            "speaker_id": "SPEAKER_00",
            "path": "/tmp/chunk.mp3",
            "text": "Good morning.",
            "translated_text": "Bon dia.",
            "assigned_voice": "ca-ES-EnricNeural",
        }
    ],
    "PreprocessingArtifacts": {"video_file": "a.mp4"},
    "metadata": {"source_language": "eng"},
}
ARIEL = {
    "video_id": "talk",
    "original_language": "en-US",
    "translate_language": "pl-PL",
    "speakers": [{"speaker_id": "speaker_1", "voice": "Zephyr", "speaker_name": "Mary"}],
    "utterances": [
        {
            "id": "1",
            "original_text": "Good morning.",
            "translated_text": "Dzień dobry.",
            "speaker": {"speaker_id": "speaker_1", "voice": "Zephyr"},
            "original_start_time": 1.0,
            "original_end_time": 2.0,
            "translated_start_time": 1.0,
            "translated_end_time": 2.5,
            "audio_url": "audio_0.wav",
        }
    ],
}
SUBTITLE_EDIT = {
    "VideoFileName": "C:\\a.mp4",
    "Items": [
        {"Text": "Hej", "StartMs": 1000.4, "EndMs": 2000, "AudioFileName": "0001.wav", "VoiceName": "x", "Include": True}
    ],
    "ActorVoiceMappings": [{"Actor": "Mary", "VoiceName": "x"}],
}  # fmt: skip
LINLY = [{"start": 0.5, "end": 1.5, "text": "Hello", "speaker": "SPEAKER_00", "translation": "你好"}]
KRILLIN_PLAN = [
    {
        "index": 1, "original_start": 1.0, "original_end": 2.0, "new_start": 1.1, "new_end": 2.2,
        "original_text": "Hola,", "clean_text": "Hola", "spoken_text": "Hola", "chunk_id": 0,
    }
]  # fmt: skip
KRILLIN_WORDS = {
    "Language": "en",
    "Text": "Hello there. Bye.",
    "Words": [
        {"Num": 0, "Text": "Hello", "Start": 0.0, "End": 0.4},
        {"Num": 1, "Text": "there.", "Start": 0.4, "End": 0.9},
        {"Num": 2, "Text": "Bye.", "Start": 1.0, "End": 1.4},
    ],
}
ELEVENLABS = {
    "language_code": "en",
    "text": "Hello there. Bye.",
    "words": [
        {"text": "Hello", "start": 0.0, "end": 0.4, "type": "word", "speaker_id": "speaker_0"},
        {"text": " ", "start": 0.4, "end": 0.5, "type": "spacing", "speaker_id": "speaker_0"},
        {"text": "there.", "start": 0.5, "end": 0.9, "type": "word", "speaker_id": "speaker_0"},
        {"text": "Bye.", "start": 3.0, "end": 3.4, "type": "word", "speaker_id": "speaker_1"},
    ],
}
PYVIDEOTRANS = [
    {
        "text": "Hola", "line": 1, "start_time": 1000, "end_time": 2000,
        "startraw": "00:00:01,000", "endraw": "00:00:02,000", "role": "x", "tts_type": 0, "filename": "c/1.wav",
    }
]  # fmt: skip
SEED_ASR = {"text": "Hello. Bye.", "chunks": [{"timestamp": [0.0, 1.5], "text": " Hello."}, {"timestamp": [2, None], "text": " Bye."}]}  # fmt: skip
PIPELINE = {"segments": [{"start": 0, "end": 1, "src_text": "Hello", "text": "Hallo", "speaker": "A"}]}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(WHISPER, [("text", "en", [(0, 1500, "", "Hello."), (2000, 3250, "", "Later.")])], id="Whisper"),
        pytest.param(WHISPERX, [("text", "", [(0, 1500, "SPEAKER_00", "Hello.")])], id="WhisperX"),
        pytest.param(WHISPER_CPP, [("transcript", "de", [(0, 1500, "", "Hallo.")])], id="whisper.cpp"),
        pytest.param(
            OPEN_DUBBING,
            [
                ("transcript", "en", [(1260, 3940, "SPEAKER_00", "Good morning.")]),
                ("translation", "", [(1260, 3940, "SPEAKER_00", "Bon dia.")]),
            ],
            id="open-dubbing",
        ),
        pytest.param(
            ARIEL,
            [
                ("transcript", "en-US", [(1000, 2000, "speaker_1", "Good morning.")]),
                ("translation", "pl-PL", [(1000, 2500, "speaker_1", "Dzień dobry.")]),
            ],
            id="Ariel",
        ),
        pytest.param(SUBTITLE_EDIT, [("translation", "", [(1000, 2000, "", "Hej")])], id="SubtitleEdit"),
        pytest.param(
            LINLY,
            [
                ("transcript", "", [(500, 1500, "SPEAKER_00", "Hello")]),
                ("translation", "", [(500, 1500, "SPEAKER_00", "你好")]),
            ],
            id="Linly",
        ),
        pytest.param(KRILLIN_PLAN, [("translation", "", [(1100, 2200, "", "Hola")])], id="KrillinAI plan"),
        pytest.param(
            KRILLIN_WORDS, [("text", "en", [(0, 900, "", "Hello there."), (1000, 1400, "", "Bye.")])], id="KrillinAI"
        ),
        pytest.param(
            ELEVENLABS,
            [("text", "en", [(0, 900, "speaker_0", "Hello there."), (3000, 3400, "speaker_1", "Bye.")])],
            id="ElevenLabs",
        ),
        pytest.param(PYVIDEOTRANS, [("translation", "", [(1000, 2000, "", "Hola")])], id="pyVideoTrans"),
        pytest.param(SEED_ASR, [("text", "", [(0, 1500, "", "Hello."), (2000, None, "", "Bye.")])], id="seed"),
        pytest.param(
            PIPELINE,
            [("transcript", "", [(0, 1000, "A", "Hello")]), ("translation", "", [(0, 1000, "A", "Hallo")])],
            id="Dubbing-Pipeline",
        ),
        pytest.param(
            {"hi": "नमस्ते", "es": "Hola"},
            [("translation", "hi", [(None, None, "", "नमस्ते")]), ("translation", "es", [(None, None, "", "Hola")])],
            id="texts by language",
        ),
        pytest.param(
            {"translations": {"pt-br": {"translated_text": "Olá"}, "other": "x"}},
            [("translation", "pt-BR", [(None, None, "", "Olá")])],
            id="texts below translations",
        ),
        pytest.param(
            {"translations": {"fr": [{"start": 0, "end": 1, "text": "Salut"}], "de": [{"start": 0, "end": 1, "text": "Hallo"}]}},
            [("translation", "fr", [(0, 1000, "", "Salut")]), ("translation", "de", [(0, 1000, "", "Hallo")])],
            id="lines by language",
        ),
        pytest.param(
            {tag: [{"start": 0, "end": 1, "text": "Hi.", "translated_text": text}] for tag, text in {"fr": "Salut", "de": "Hallo"}.items()},
            [
                ("transcript", "", [(0, 1000, "", "Hi.")]),
                ("translation", "fr", [(0, 1000, "", "Salut")]),
                ("translation", "de", [(0, 1000, "", "Hallo")]),
            ],
            id="original beside the lines of each language",
        ),
        pytest.param({"id": "7", "text": "Hello"}, [("text", "", [(None, None, "", "Hello")])], id="text alone"),
        pytest.param(["One", "Two"], [("text", "", [(None, None, "", "One"), (None, None, "", "Two")])], id="strings"),
        pytest.param(
            [{"segments": [{"start": 0, "end": 1, "text": "A"}]}, {"segments": [{"start": 1, "end": 2, "text": "B"}]}],
            [("text", "", [(0, 1000, "", "A"), (1000, 2000, "", "B")])],
            id="lists of lists",
        ),
    ],
)  # fmt: skip
def test_documents_of_tools(document, expected):
    timeline = read("a.json", json.dumps(document).encode())

    assert timeline.reason == ""
    assert [
        (track.kind, track.language, [tuple(one) for one in track.segments]) for track in timeline.tracks
    ] == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 200_000, "nested too deep"),
        ('{"a":' * 200_000, "nested too deep"),
        ('{"segments": [{"text": "a"},]}', "line 1: is not valid JSON"),
        ('{"segments": [\n{"text": "a"}\n{"text": "b"}]}', "line 3: is not valid JSON (expected “,” or “]”)"),
        ('{"segments": [{"text": "a"', "is not valid JSON"),
        ('[{"text": "a"}] trailing', "data after the end of the document"),
        ('{"a": ' + "1" * 5000 + "}", "a number with too many digits"),
        ('{"settings": {"a": [1, 2]}}', "contains no lines of dialog"),
        ("{}", "contains no lines of dialog"),
        ("[]", "contains no lines of dialog"),
    ],
)
def test_invalid_documents_have_a_reason(text, reason):
    timeline = read("a.json", text.encode())

    assert reason in timeline.reason
    assert timeline.tracks == []


def test_a_thousand_levels_beside_the_lines_do_not_hide_them():
    text = '{"x": ' + "[" * 60 + "]" * 60 + ', "segments": [{"start": 0, "end": 1, "text": "A"}]}'

    assert cues(read("a.json", text.encode())) == [(0, 1000, "A")]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"start": NaN, "end": Infinity, "text": "A"}', (None, None, "A")),
        ('{"start": 1e300, "end": 1e400, "text": "A"}', (None, None, "A")),
        ('{"start": "00:00:01,500", "end": "2.5", "text": "A"}', (1500, 2500, "A")),
        ('{"start": null, "end": [], "text": "A"}', (None, None, "A")),
        ('{"start": 1, "duration": 0.5, "text": "A"}', (1000, 1500, "A")),
        ('{"start": 1, "end": 2, "text": "A\\u0000\\ud800"}', (1000, 2000, "A\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}")),
        ('{"start": true, "end": 2, "text": "A", "speaker": {"x": 1}}', (None, 2000, "A")),
    ],
)  # fmt: skip
def test_odd_values(line, expected):
    assert cues(read("a.json", f"[{line}]".encode())) == [expected]


def test_json_lines_are_read():
    text = '{"start": 0, "end": 1, "text": "A"}\n{"start": 1, "end": 2, "text": "B"}\n'

    assert cues(read("a.jsonl", text.encode())) == [(0, 1000, "A"), (1000, 2000, "B")]


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_the_stream_does_not_depend_on_chunks(size):
    text = json.dumps(
        {"a": [1.5, "x\n", {"b": [12, None]}, -30], "c": {"d": "é", "e": [[]]}, "f": 12}, indent=1
    )
    chunks = (text[at : at + size] for at in range(0, len(text), size))

    assert list(JsonStream(chunks).events()) == [
        (("a",), 1.5),
        (("a",), "x\n"),
        (("a",), {"b": [12, None]}),
        (("a",), -30),
        (("c", "d"), "é"),
        (("c", "e"), []),
        (("f",), 12),
    ]


def test_the_stream_keeps_no_more_than_an_item():
    item = '{"text": "' + "x" * 1000 + '"},'
    stream = JsonStream(chunk for chunk in ("[", *[item * 10] * 500, "{}]"))
    largest = 0
    for _ in stream.events():
        largest = max(largest, len(stream._buffer))

    assert largest < 50_000


def test_an_endless_value_is_refused(monkeypatch):
    monkeypatch.setattr("dubbing_core.timeline.json_stream.ITEM_LIMIT", 10_000)
    stream = JsonStream(iter(['["', *["x" * 1000] * 1000]))

    with pytest.raises(UnreadableError, match="one of its values has more than"):
        list(stream.events())
