"""Tests of the projection of saved paths onto the session's tree."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dubbing_core.categories import Category, classify_path
from dubbing_core.labels import Label, Role
from dubbing_core.paths import check_collisions
from dubbing_core.projection import project_paths

AUDIO, OTHER, SOURCE = Category.AUDIO, Category.OTHER, Category.ORIGINAL_VIDEO


def project(**categories: Category) -> dict[str, str]:
    return project_paths({path: Label(category=category) for path, category in categories.items()})


@pytest.mark.parametrize(
    ("path", "category", "projected"),
    [
        ("Talk.MP4", SOURCE, "original_video.mp4"),
        ("original_video.mp4", SOURCE, "original_video.mp4"),
        ("12345", SOURCE, "original_video"),
        ("hi.wav", AUDIO, "audio/hi.wav"),
        ("audio/hi.wav", AUDIO, "audio/hi.wav"),
        ("Audio/hi.wav", AUDIO, "audio/hi.wav"),
        ("tts/hi/1.wav", AUDIO, "audio/tts/hi/1.wav"),
        ("audio/hi_final.mp4", Category.FINAL_VIDEOS, "final_videos/hi_final.mp4"),
        ("notes from Zoë.txt", OTHER, "notes from Zoë.txt"),
        ("gpt_log/error.json", OTHER, "gpt_log/error.json"),
        ("other/notes.txt", OTHER, "other/notes.txt"),
        ("audio/notes.txt", OTHER, "other/audio/notes.txt"),
        ("audio", OTHER, "other/audio"),
        ("metadata.json", OTHER, "other/metadata.json"),
        ("Metadata.JSON", OTHER, "other/Metadata.JSON"),
        ("sub/metadata.json", OTHER, "sub/metadata.json"),
        (".dubbing/x", OTHER, "other/.dubbing/x"),
        ("original_video.mkv", OTHER, "other/original_video.mkv"),
    ],
)
def test_category_and_path_decide_the_place(path, category, projected):
    assert project(**{path: category}) == {path: projected}


def test_files_in_place_keep_their_names_and_others_get_numbers():
    assert project(**{"hi.wav": AUDIO, "audio/hi.wav": AUDIO, "Audio/HI.wav": AUDIO}) == {
        "audio/hi.wav": "audio/hi.wav",
        "Audio/HI.wav": "audio/HI_2.wav",
        "hi.wav": "audio/hi_3.wav",
    }


def test_names_that_one_system_distinguishes_get_different_ones():
    composed, decomposed = "caf\u00e9.wav", "cafe\u0301.wav"

    assert project(**{composed: AUDIO, decomposed: AUDIO}) == {
        decomposed: f"audio/{decomposed}",
        composed: "audio/caf\u00e9_2.wav",
    }


def test_two_sources_are_both_present():
    assert sorted(project(**{"a.mp4": SOURCE, "b.mp4": SOURCE}).values()) == [
        "original_video.mp4",
        "original_video_2.mp4",
    ]


def test_the_metadata_of_a_session_has_no_place():
    labels = {
        "metadata.json": Label(category=OTHER, role=Role.SESSION_METADATA),
        "a.wav": Label(category=AUDIO),
    }

    assert project_paths(labels) == {"a.wav": "audio/a.wav"}


def test_a_path_that_would_become_too_long_is_reduced_to_its_name():
    path = "/".join(["x" * 250] * 4)

    assert project(**{path: AUDIO}) == {path: "audio/" + "x" * 250}


NAMES = st.sampled_from(
    ["a", "A", "\u00e9", "e\u0301", "audio", "Audio", "other", "metadata.json", "original_video.mp4", "a_2"]
)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(PATHS, st.sampled_from(Category), max_size=20), st.randoms())
def test_every_file_has_its_own_place_whatever_the_order(categories, random):
    files = list(categories.items())
    random.shuffle(files)

    projected = project(**dict(files))

    assert projected == project(**categories)
    assert projected.keys() == categories.keys()
    check_collisions(projected.values())


@given(st.dictionaries(PATHS, st.sampled_from(sorted(set(Category) - {SOURCE})), max_size=20))
def test_the_folders_of_the_tree_are_those_of_the_categories(categories):
    projected = project(**categories)

    assert {path: classify_path(projected[path]) for path in categories} == categories
    assert project(**{projected[path]: category for path, category in categories.items()}) == {
        path: path for path in projected.values()
    }
