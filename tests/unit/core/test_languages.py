from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dubbing_core.languages import (
    find_language_tag,
    is_same_language,
    parse_language_code,
    parse_language_tag,
)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("hi", "hi"),
        ("HI", "hi"),
        ("pt-br", "pt-BR"),
        ("pt_BR", "pt-BR"),
        ("zh-hans", "zh-Hans"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("eng", "en"),
        ("fil", "fil"),
        ("yue", "yue"),
        ("sub", ""),
        ("wav", ""),
        ("xx", ""),
        ("hi-001", ""),
        ("audio", ""),
        ("", ""),
        ("en-x-private", ""),
    ],
)
def test_tags_are_returned_in_the_recommended_form(text, tag):
    assert parse_language_tag(text) == tag


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("hi-HI", "hi"),
        ("ja_JA", "ja"),
        ("uk-UK", "uk"),
        ("cs-CS", "cs"),
        ("es_XX", "es"),
        ("en-ZZ", "en"),
        ("en-UK", "en-GB"),
        ("fr-FR", "fr-FR"),
        # words, pairs of languages, and codes that are words more often
        ("da-da", ""),
        ("HI-HI", ""),
        ("en-JA", ""),
        ("is-OK", ""),
        ("to-OK", ""),
        ("xx-XX", ""),
    ],
)
def test_a_region_that_does_not_exist_is_left_out(text, tag):
    assert parse_language_tag(text) == tag


@pytest.mark.parametrize(
    ("text", "tag"), [("hi-HI", "hi"), ("en_XX", "en"), ("zh-Hans", "zh-Hans"), ("da-da", "da"), ("x", "")]
)
def test_codes_of_tools_need_no_valid_region(text, tag):
    assert parse_language_code(text) == tag


def test_session_languages_keep_their_spelling():
    assert parse_language_tag("PT_br", languages=["pt-br"]) == "pt-br"
    assert parse_language_tag("klingon", languages=["klingon"]) == "klingon"
    assert parse_language_tag("iw", languages=["iw"]) == "iw"


@pytest.mark.parametrize(
    ("path", "tag"),
    [
        # as the original session manager and its engines write
        ("hi_audio.wav", "hi"),
        ("hi_final.mp4", "hi"),
        ("it_audio.wav", "it"),
        ("is_final_2.mp4", "is"),
        ("gemini_hi_deep_demo_mixed.mp4", "hi"),
        ("custom_en_narration_02_demo_mixed.mp4", "en"),
        ("custom_hi_voice_01_demo.wav", "hi"),
        ("edge_es_bright.mp3", "es"),
        ("edge_tts_it_bright.mp3", "it"),
        # as other tools write
        ("dubbed_audio_hi.mp3", "hi"),
        ("lecture_fr.mp4", "fr"),
        ("lecture-fr.mp4", "fr"),
        ("lecture__de.mp4", "de"),
        ("dubbed_video_pt-BR.mp4", "pt-BR"),
        ("pt_BR_audio.wav", "pt-BR"),
        ("es_419_audio.wav", "es-419"),
        ("zh_Hans_audio.wav", "zh-Hans"),
        ("hi_001.wav", "hi"),
        ("hi-001.wav", "hi"),
        ("hi_HI_audio.wav", "hi"),
        ("talk.hi-HI.srt", "hi"),
        ("es_XX/001.wav", "es"),
        ("talk_en_JA.wav", "ja"),
        ("is_OK.wav", ""),
        ("hi_419.wav", "hi"),
        ("hi.srt", "hi"),
        ("eng.srt", "en"),
        ("movie.hi.srt", "hi"),
        ("movie.it.srt", "it"),
        ("original.pt-BR.vtt", "pt-BR"),
        # name of a folder
        ("pt-BR/001.wav", "pt-BR"),
        ("it/001.wav", "it"),
        ("hi/segments/en_reference.wav", "hi"),
        # words, titles, abbreviations
        ("my_presentation.wav", ""),
        ("my_audio.wav", ""),
        ("no_vocals.wav", ""),
        ("it_is_time.wav", ""),
        ("so_final.mp4", ""),
        ("how_to.wav", ""),
        ("do_it.wav", ""),
        ("demo_02.wav", ""),
        ("custom_my_voice_01.wav", ""),
        ("mr_smith.wav", ""),
        ("movie_sd.mp4", ""),
        ("part_ii.wav", ""),
        ("narration_vo.wav", ""),
        ("raw/001.wav", ""),
        ("001.wav", ""),
        ("___.wav", ""),
        ("audio.wav", ""),
        ("translated.json", ""),
    ],
)
def test_tags_are_found_only_in_the_positions_that_tools_use(path, tag):
    assert find_language_tag(path) == tag


@pytest.mark.parametrize(
    ("path", "known", "tag"),
    [
        ("no_audio.wav", ["no", "hi"], "no"),
        ("take_hi_03_clean.wav", ["hi"], "hi"),
        ("how_it_works_hi.wav", ["it", "hi"], "hi"),
        ("how_it_is_03.wav", ["it", "is"], ""),
        ("pt-br_audio.wav", ["pt-BR"], "pt-BR"),
        ("zh_audio.wav", ["zh-CN"], "zh"),
        ("cy_part_hi.wav", ["cy"], "cy"),
    ],
)
def test_session_languages_take_precedence(path, known, tag):
    assert find_language_tag(path, languages=known) == tag


@given(st.text(), st.lists(st.text(), max_size=3))
def test_arbitrary_names_raise_no_error(path, known):
    tag = find_language_tag(path, languages=known)

    assert tag in {"", *known} or parse_language_tag(tag) == tag


@pytest.mark.parametrize(
    ("language", "others", "is_same"),
    [
        ("hi", {"en", "hi"}, True),
        ("hi", {"en"}, False),
        ("", {"en"}, True),
        ("hi", {""}, True),
        ("", (), False),
    ],
)
def test_an_unknown_language_may_be_any_of_others(language, others, is_same):
    assert is_same_language(language, others) is is_same
