"""Gaps that the lengths of media files show: videos that are too short, files that are cut off."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dubbing_core.categories import Category
from dubbing_core.cell_gaps import ShortVideo
from dubbing_core.labels import Role
from dubbing_core.progress_matrix import CellState, ProgressMatrix, compute_matrix
from dubbing_core.steps import Step
from dubbing_core.stored_matrix import read_matrix, store_matrix


@dataclass(frozen=True)
class File:
    path: str
    category: Category
    language: str = ""
    role: Role = Role.NONE
    size: int = 1


SOURCE = File("talk.mp4", Category.ORIGINAL_VIDEO)
DUBBED = [File("hi.mp4", Category.FINAL_VIDEOS, "hi"), File("hi2.mp4", Category.FINAL_VIDEOS, "hi")]
MIXED = File("hi_mixed.mp4", Category.MIXED_VIDEOS, "hi")


def matrix(*files: File) -> ProgressMatrix:
    return compute_matrix([*files, *DUBBED, MIXED])


@pytest.mark.parametrize(
    ("source_ms", "dubbed_ms", "is_short"),
    [
        (130_000, 130_000, False),
        (130_000, 127_400, False),
        (130_000, 127_399, True),
        (130_000, 140_000, False),
        (10_000, 9_000, False),
        (10_000, 8_999, True),
    ],
)
def test_a_video_may_be_a_little_shorter_than_its_source(source_ms, dubbed_ms, is_short):
    durations = {"talk.mp4": source_ms, "hi.mp4": 1_000, "hi2.mp4": dubbed_ms}

    cell = matrix(SOURCE).with_media(durations, {}).cell("hi", Step.DUBBED)

    assert (cell.shorter is not None) is is_short


def test_short_and_cut_videos_are_named_and_stored():
    durations = {"talk.mp4": 130_000, "hi.mp4": 117_000, "hi2.mp4": 9_400, "hi_mixed.mp4": 130_000}

    found = matrix(SOURCE).with_media(
        durations, {"hi2.mp4": "audio ends at 0:03 of 0:09", "hi_mixed.mp4": "audio cannot be decoded"}
    )

    cell = found.cell("hi", Step.DUBBED)
    assert cell.shorter == ShortVideo(duration_ms=117_000, source_ms=130_000)
    assert cell.gaps == [
        "13 s shorter than the source (1:57 of 2:10)",
        "1 of 2 files: audio ends at 0:03 of 0:09",
    ]
    assert found.cell("hi", Step.MIXED).gaps == ["audio cannot be decoded"]
    assert read_matrix(store_matrix(found)).cell("hi", Step.DUBBED).gaps == cell.gaps


def test_damaged_results_complete_nothing():
    flaw = {"hi_mixed.mp4": "audio ends at 0:41 of 2:10"}
    others = {"hi.mp4": "audio cannot be decoded"}

    found = matrix(SOURCE).with_media({}, flaw | others)

    assert found.cell("hi", Step.MIXED).state is CellState.PARTIAL
    assert found.cell("hi", Step.DUBBED).is_done  # by the other video
    assert found.is_finished("hi")
    damaged = matrix(SOURCE).with_media({}, {**flaw, **others, "hi2.mp4": "video ends at 0:41 of 2:10"})
    assert damaged.cell("hi", Step.DUBBED).state is CellState.PARTIAL
    assert not damaged.is_finished("hi")
    assert read_matrix(store_matrix(damaged)).cell("hi", Step.DUBBED).state is CellState.PARTIAL


@pytest.mark.parametrize(
    ("sources", "durations"),
    [
        ([], {"hi.mp4": 1_000, "hi2.mp4": 1_000}),
        ([SOURCE], {"talk.mp4": 130_000, "hi.mp4": 1_000}),
        ([SOURCE], {"hi.mp4": 1_000, "hi2.mp4": 1_000}),
        (
            [SOURCE, File("second.mp4", Category.ORIGINAL_VIDEO)],
            {"talk.mp4": 130_000, "second.mp4": 130_000, "hi.mp4": 1_000, "hi2.mp4": 1_000},
        ),
    ],
    ids=["no source", "a video is not read", "the source is not read", "two sources"],
)
def test_nothing_is_claimed_while_a_length_is_unknown(sources, durations):
    assert matrix(*sources).with_media(durations, {}).cell("hi", Step.DUBBED).gaps == []
