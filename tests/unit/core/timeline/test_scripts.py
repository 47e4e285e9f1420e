"""Texts in other scripts than those of the language that their label claims."""

from __future__ import annotations

import pytest

from dubbing_core.timeline.scripts import describe_other_script, detect_script

ENGLISH = "Welcome to this talk about rivers."
TEXTS = {
    "Latn": ENGLISH,
    "Arab": "مرحبا بكم في هذا الحديث عن الأنهار",
    "Deva": "नदियों के बारे में इस बातचीत में आपका स्वागत है",
    "Cyrl": "Добро пожаловать на лекцию про реки",
    "Hani": "欢迎来到这次关于河流的演讲我们今天看河流谢谢大家",
    "Hang": "강에 대한 이 강연에 오신 것을 환영합니다 여러분",
    "Thai": "ยินดีต้อนรับสู่การบรรยายเรื่องแม่น้ำ",
}


@pytest.mark.parametrize("script", TEXTS)
def test_the_script_of_a_text(script):
    assert detect_script([TEXTS[script]]) == script


@pytest.mark.parametrize("texts", [[], ["Hi!"], [ENGLISH, TEXTS["Arab"]], ["12:30 - 14:00, 100 %"]])
def test_few_letters_or_several_scripts(texts):
    assert detect_script(texts) == ""


@pytest.mark.parametrize(
    ("language", "script", "problem"),
    [
        ("ar", "Latn", "is labeled ar, but its text is in Latin letters"),
        ("en", "Cyrl", "is labeled en, but its text is in Cyrillic letters"),
        ("pt_BR", "Hani", "is labeled pt_BR, but its text is in Chinese letters"),
        ("ar", "Arab", ""),
        ("ja", "Hani", ""),
        ("zh-Hant", "Hani", ""),
        ("ko", "Hang", ""),
        ("sr", "Latn", ""),
        ("sr-Cyrl", "Latn", "is labeled sr-Cyrl, but its text is in Latin letters"),
        ("hi-Latn", "Latn", ""),
        ("hi", "", ""),
        ("", "Latn", ""),
        ("no language", "Latn", ""),
    ],
)
def test_tracks_that_claim_another_language(language, script, problem):
    assert describe_other_script(language, script) == problem
