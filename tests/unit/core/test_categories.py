from __future__ import annotations

import pytest

from dubbing_core.categories import Category, classify_path, detect_language, is_placed
from tests.unit.core.test_placement import ORIGINAL_TREE


@pytest.mark.parametrize("path", ORIGINAL_TREE)
def test_paths_have_the_category_of_their_folder(path):
    folder = path.partition("/")[0] if "/" in path else "original_video"
    assert classify_path(path) == folder


def test_other_paths_are_in_the_category_other():
    assert classify_path("tts/1.wav") is Category.OTHER
    assert classify_path("original_video.srt") is Category.OTHER
    assert classify_path("readme.txt") is Category.OTHER


def test_categories_have_labels_and_folders():
    assert next(iter(Category)).label == "Original video"
    assert Category.ORIGINAL_VIDEO.folder == ""
    assert Category.CUSTOM_VOICES.folder == "custom_voices"
    assert len({category.label for category in Category}) == len(Category) == 9


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("audio/hi_audio.wav", "hi"),
        ("audio/pt-BR/001.wav", "pt-BR"),
        ("final_videos/es-419/x.mp4", "es-419"),
        ("custom_voices/custom_en_narration_02_demo.wav", "en"),
        ("translations/translated.json", ""),
        ("translations/movie.zh-Hans.srt", "zh-Hans"),
        ("transcriptions/en.srt", ""),
        ("original_video.mp4", ""),
    ],
)
def test_the_language_is_the_one_of_the_dubbing(path, language):
    assert detect_language(path, classify_path(path)) == language


@pytest.mark.parametrize(
    ("path", "is_in_tree"),
    [
        *((path, True) for path in ORIGINAL_TREE),
        ("original_video.wav", True),
        ("talk.mp4", False),
        ("tts/1.wav", False),
        ("audio", False),
    ],
)
def test_paths_in_a_category_or_named_as_the_original_are_placed(path, is_in_tree):
    assert is_placed(path) is is_in_tree
