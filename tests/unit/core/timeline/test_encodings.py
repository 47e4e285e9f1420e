from __future__ import annotations

import codecs

import pytest

from tests.unit.core.timeline.read_text import read, texts

RUSSIAN = ["Доброе утро, друзья.", "Сегодня мы говорим о погоде.", "Это очень важный вопрос!"]  # noqa: RUF001 (Cyrillic)
CHINESE = ["大家好，欢迎来到我们的节目。", "今天我们要讨论一个重要的问题。", "谢谢你们的收看，再见。"]  # noqa: RUF001 (Chinese punctuation)
TRADITIONAL = ["大家好，歡迎收看我們的節目。", "今天我們討論一個重要的問題。", "謝謝你們，我們下次再見。"]  # noqa: RUF001 (Chinese punctuation)
JAPANESE = ["おはようございます。", "今日は天気がとてもいいですね。", "ありがとうございました。"]
KOREAN = ["안녕하세요 여러분 반갑습니다.", "오늘은 날씨가 아주 좋습니다.", "감사합니다 다음에 또 만나요."]
FRENCH = [
    "Bonjour à tous, ça va très bien.",
    "Où êtes-vous allés cet été ?",
    "C’est une idée géniale — bravo.",  # noqa: RUF001 (as typeset)
]
GERMAN = ["Guten Tag, schöne Grüße.", "Die Straße ist heute gesperrt.", "Äpfel über alles."]
POLISH = ["Dzień dobry państwu.", "Żółta łódź płynie powoli.", "Dziękuję, proszę bardzo."]
ALL = {
    "ru": RUSSIAN,
    "zh": CHINESE,
    "zh-Hant": TRADITIONAL,
    "ja": JAPANESE,
    "ko": KOREAN,
    "fr": FRENCH,
    "de": GERMAN,
    "pl": POLISH,
}


def encode(lines: list[str], encoding: str) -> bytes:
    blocks = (
        f"{number}\n00:00:0{number},000 --> 00:00:0{number},900\n{line}\n"
        for number, line in enumerate(lines, 1)
    )
    return "\n".join(blocks).encode(encoding)


UNICODE = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
]


@pytest.mark.parametrize("encoding", UNICODE)
@pytest.mark.parametrize("tag", ["ru", "ja", "fr"])
def test_unicode_is_recognized_without_a_problem(encoding, tag):
    timeline = read("a.srt", encode(ALL[tag], encoding))
    assert texts(timeline) == ALL[tag]
    assert timeline.problems == []


LEGACY = [
    ("ru", "cp1251"),
    ("ru", "koi8-r"),
    ("zh", "gb18030"),
    ("zh-Hant", "big5"),
    ("ja", "cp932"),
    ("ja", "euc-jp"),
    ("ko", "cp949"),
    ("fr", "cp1252"),
    ("de", "cp1252"),
    ("pl", "cp1250"),
]


@pytest.mark.parametrize(("tag", "encoding"), LEGACY)
@pytest.mark.parametrize("is_known", [True, False], ids=["known language", "unknown language"])
def test_legacy_encodings_are_guessed_and_reported(tag, encoding, is_known):
    timeline = read("a.srt", encode(ALL[tag], encoding), language=tag if is_known else "")

    assert texts(timeline) == ALL[tag]
    assert "the encoding is not stated" in str(timeline.problems[0])


def test_a_wrong_language_does_not_prevent_reading():
    assert texts(read("a.srt", encode(RUSSIAN, "cp1251"), language="de")) == RUSSIAN


def test_text_that_only_ends_in_another_encoding_is_read():
    data = encode(["Hello"] * 9, "ascii") + "\n10\n00:01:00,000 --> 00:01:01,000\nÜber\n".encode("cp1252")

    assert texts(read("a.srt", data))[-1] == "Über"


def test_a_character_across_chunks_is_whole():
    filler = "00:00:01,000 --> 00:00:02,000\n" + "x" * 9000 + "\n\n"
    data = (filler * 200).encode() + ("00:00:01,000 --> 00:00:02,000\n" + "привет" * 900).encode()

    assert texts(read("a.srt", data))[-1] == "привет" * 900


def test_json_in_utf16_is_read():
    data = codecs.BOM_UTF16_LE + '[{"start": 1, "end": 2, "text": "привет"}]'.encode("utf-16-le")

    assert texts(read("a.json", data)) == ["привет"]
