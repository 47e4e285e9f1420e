"""Languages of texts of one or two lines."""

from __future__ import annotations

import pytest

from dubbing_core.layouts.scripts import detect_text_language


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "This is what we have in the first line of the talk, and it is not the last of them."),
        ("de", "Das ist nicht die letzte Zeile, und wir haben noch viel mit den anderen zu tun."),
        ("hi", "यह भाषण की पहली पंक्ति है और हमें अभी बहुत कुछ कहना है।"),
        ("mr", "हे भाषणाची पहिली ओळ आहे आणि ते शेवटचे नाही, आपण पुढे जात आहे."),
        ("ru", "Это первая строка доклада, и она не последняя из тех, что мы должны сказать."),
        ("uk", "Це перший рядок доповіді, і він не останній з тих, що ми маємо сказати."),  # noqa: RUF001 (a Ukrainian letter)
        ("ar", "هذا هو السطر الأول من الحديث وليس الأخير مما يجب أن نقوله في هذه القاعة."),
        ("fa", "این اولین خط سخنرانی است و آخرین خط نیست که ما با شما از آن می گوییم."),
        ("bn", "এটি বক্তৃতার প্রথম লাইন এবং আমাদের এখনও অনেক কিছু বলার আছে।"),
        ("", "Ok. Go! Yes? No."),
        ("", "Lorem ipsum dolor sit amet consectetur adipiscing elit sed eiusmod tempor."),
    ],
)
def test_short_texts_reveal_their_language(language, text):
    assert detect_text_language(text) == language
