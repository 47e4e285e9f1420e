from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from dubbing_core.categories import Category
from dubbing_core.labels import Label, Role
from dubbing_core.texts import READ_LIMIT, ExtractedTexts, extract_place, extract_texts

SRT = "1\r\n00:00:01,000 --> 00:00:02,000\r\n<i>Hola</i>\r\n{\\an8}mundo\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\n¿Qué?\r\n"
VTT = "WEBVTT - title\n\nNOTE hidden\n\ncue\n00:01.000 --> 00:02.000 line:0\nHola\n"


def rendered(value) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Hello there", "Hello there"),
        ({"text": " Hello "}, "Hello"),
        ({"language": "en", "segments": [{"text": " Hello"}, {"text": " there"}]}, "Hello there"),
        ([{"text": "Hello"}, {"start": 1}, {"text": "there"}], "Hello there"),
        ({"text": "", "segments": [{"text": "Hello"}]}, "Hello"),
        ({"text": "a\x00b\ud800"}, "ab?"),
        ({"text": 5}, None),
        ({}, None),
        ([], None),
        (None, None),
    ],
)
def test_transcripts_are_extracted_from_speech_recognition_output(value, text):
    assert extract_texts({"transcriptions/original_asr.json": rendered(value)}) == ExtractedTexts(
        transcription_text=text
    )


def test_the_original_transcript_takes_precedence_over_other_files():
    files = {"transcriptions/a.txt": b"A\n", "transcriptions/original_asr.json": rendered("B")}

    assert extract_texts(files).transcription_text == "B"
    assert extract_texts({**files, "transcriptions/original_asr.json": b"{"}).transcription_text == "A"
    assert extract_texts({"transcriptions/x.docx": b"PK"}).transcription_text is None
    assert extract_texts({"other/a.txt": b"A"}).transcription_text is None


@pytest.mark.parametrize(
    ("value", "translations"),
    [
        ({"hi": "नमस्ते"}, {"hi": "नमस्ते"}),
        ({"translations": {"hi": "नमस्ते", "pt-BR": "Olá"}}, {"hi": "नमस्ते", "pt-BR": "Olá"}),
        ({"hi": [{"text": "a"}, {"text": "b"}]}, {"hi": "a b"}),
        ({"hi": [{"text": "Hello", "translation": "नमस्ते"}]}, {"hi": "नमस्ते"}),
        ({"hi": {"segments": [{"text": "Hello", "translated_text": "नमस्ते"}]}}, {"hi": "नमस्ते"}),
        ({"title": "Talk", "hi": "", "es": 5}, None),
        (["hi"], None),
    ],
)
def test_translations_are_extracted_by_language(value, translations):
    assert extract_texts({"translations/translated.json": rendered(value)}) == ExtractedTexts(
        translations=translations
    )


def test_files_named_for_a_language_add_missing_translations():
    files = {
        "translations/translated.json": rendered({"hi": "A"}),
        "translations/hi.srt": SRT.encode(),
        "translations/movie.es.srt": SRT.encode(),
        "translations/fr.vtt": VTT.encode(),
        "translations/de.txt": "Hallo\n".encode("utf-16"),
        "translations/it.txt": b"\xff\x01",
        "translations/ru.txt": "Привет".encode("cp1251"),
        "translations/pl.txt": "Dzień dobry, żółw".encode("cp1250"),
        "translations/pt-BR/lines.json": rendered([{"text": "Hello", "translation": "Olá"}]),
        "translations/language_translations.json": rendered({"ja": "こんにちは", "hi": "B"}),
        "translations/notes.txt": b"irrelevant",
    }

    assert extract_texts(files).translations == {
        "hi": "A",
        "es": "Hola mundo ¿Qué?",
        "fr": "Hola",
        "de": "Hallo",
        "pt-BR": "Olá",
        "ja": "こんにちは",
        "ru": "Привет",
        "pl": "Dzień dobry, żółw",
    }


def test_translations_are_in_the_order_of_the_files():
    files = {
        "translations/translated.json": rendered({"hi": "A", "es": "B"}),
        "translations/de.txt": b"C",
    }

    assert list(extract_texts(files).translations or ()) == ["hi", "es", "de"]


def test_session_languages_keep_their_spelling():
    files = {"translations/translated.json": rendered({"klingon": "nuqneH", "other": "x"})}

    assert extract_texts(files, languages=["klingon"]).translations == {"klingon": "nuqneH"}


@pytest.mark.parametrize(
    ("value", "voices"),
    [
        ({"hi": "gemini_hi_deep", "es": None}, {"hi": "gemini_hi_deep"}),
        ({"voices": {"hi": "gemini_hi_deep"}}, {"hi": "gemini_hi_deep"}),
        ({"SPEAKER_00": {"voice": "edge_es_bright", "rate": 1}}, {"SPEAKER_00": "edge_es_bright"}),
        (["x"], None),
    ],
)
def test_voices_are_extracted_from_assignments(value, voices):
    assert extract_texts({"voices/voice_assignments.json": rendered(value)}) == ExtractedTexts(voices=voices)


def test_large_files_are_skipped():
    files = {"transcriptions/a.txt": b"x" * (READ_LIMIT + 1), "transcriptions/b.txt": b"B"}

    assert extract_texts(files).transcription_text == "B"


def test_deep_nesting_raises_no_error():
    deep = b"[" * 100_000 + b"]" * 100_000
    nested = rendered([[[[[[[["x"]]]]]]]])

    assert extract_texts({"transcriptions/original_asr.json": deep}) == ExtractedTexts()
    assert extract_texts({"transcriptions/original_asr.json": nested}) == ExtractedTexts()


PATHS = st.sampled_from(
    [
        "transcriptions/original_asr.json",
        "translations/translated.json",
        "translations/hi.srt",
        "translations/hi.vtt",
        "voices/voice_assignments.json",
    ],
)
LEAVES = st.text() | st.integers()
VALUES = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


@given(st.dictionaries(PATHS, st.binary() | VALUES.map(rendered)))
def test_arbitrary_files_raise_no_error_and_texts_can_be_stored(files):
    texts = extract_texts(files)

    found = [
        texts.transcription_text or "",
        *(texts.translations or {}).values(),
        *(texts.voices or {}).values(),
    ]
    assert "\0" not in "".join(found)
    "".join(found).encode()


def test_labels_decide_which_text_is_shown_and_in_which_language():
    files = {
        "translations/src.srt": SRT.encode(),
        "translations/both.srt": SRT.encode(),
        "translations/lines.json": rendered([{"text": "Hello", "translation": "Olá"}]),
        "transcriptions/unconfirmed.txt": b"Hello",
    }
    labels = {
        "translations/src.srt": Label(category=Category.TRANSCRIPTIONS, language="es", role=Role.TRANSCRIPT),
        "translations/both.srt": Label(category=Category.TRANSLATIONS, language="zh", role=Role.BILINGUAL),
        "translations/lines.json": Label(
            category=Category.TRANSLATIONS, language="pt", role=Role.TRANSLATION
        ),
        "transcriptions/unconfirmed.txt": Label(category=Category.TRANSCRIPTIONS, role=Role.UNCONFIRMED),
    }

    texts = extract_texts(files, labels=labels)

    assert texts.transcription_text == "Hola mundo ¿Qué?"
    assert texts.translations == {"pt": "Olá"}


@pytest.mark.parametrize(
    ("path", "data", "key", "text"),
    [
        (
            "metadata.json",
            {"utterances": [{"original_text": "a"}, {"original_text": "b"}]},
            "original_text",
            "a b",
        ),
        ("x.json", {"utterances": 7}, "text", ""),
        ("talk.csv", 'speaker,Transcription\nAnna,"a, b"\n', "transcription", "a, b"),
        ("talk.srt", SRT, "", "Hola mundo ¿Qué?"),
    ],
)
def test_texts_are_read_from_the_place_that_a_recognizer_reports(path, data, key, text):
    contents = data.encode() if isinstance(data, str) else rendered(data)

    assert extract_place(path, contents, key) == text


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r"])
def test_subtitles_have_any_line_breaks_and_entities(line_break):
    text = "1\n00:00:01,000 --> 00:00:02,000\nHola &amp; adiós\n\n2\n00:00:03,000 --> 00:00:04,000\n¿Qué?\n"
    data = text.replace("\n", line_break).encode()

    texts = extract_texts({"translations/es.srt": data})

    assert texts.translations == {"es": "Hola & adiós ¿Qué?"}
