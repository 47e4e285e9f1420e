from __future__ import annotations

import pytest

from dubbing_core.categories import Category
from dubbing_core.progress import Progress, Stage, compute_progress, compute_stage


def progress(*done: str) -> Progress:
    return Progress(**{key: key in done for key in Progress.__dataclass_fields__})


@pytest.mark.parametrize(
    ("document", "categories", "expected"),
    [
        ({}, (), progress()),
        ({"transcription_text": "", "translations": {}, "audio_paths": None}, (), progress()),
        ({"transcription_text": "Hello"}, (), progress("has_transcription")),
        ({"translations": {"hi": "x"}}, (), progress("has_translations")),
        ({"audio_paths": {"hi": "x"}}, (), progress("has_audio")),
        ({"final_videos": {"hi": "x"}}, (), progress("has_videos")),
        ({"mixed_videos": ["x"], "voices": {"hi": "x"}}, (), progress()),
        ({}, [Category.TRANSCRIPTIONS], progress("has_transcription")),
        ({}, [Category.TRANSLATIONS], progress("has_translations")),
        ({}, [Category.AUDIO], progress("has_audio")),
        ({}, [Category.FINAL_VIDEOS], progress("has_videos")),
        ({}, [Category.MIXED_VIDEOS], progress("has_videos")),
        ({}, [Category.ORIGINAL_VIDEO, Category.CUSTOM_VOICES, Category.OTHER], progress()),
    ],
)
def test_progress_follows_from_metadata_or_files(document, categories, expected):
    assert compute_progress(document, categories) == expected


@pytest.mark.parametrize(
    ("done", "stage"),
    [
        ((), Stage.EMPTY),
        (("has_transcription",), Stage.TRANSCRIBED),
        (("has_translations",), Stage.TRANSLATED),
        (("has_transcription", "has_audio"), Stage.VOICED),
        (("has_transcription", "has_audio", "has_videos"), Stage.DUBBED),
        (("has_transcription", "has_translations", "has_audio", "has_videos"), Stage.COMPLETED),
    ],
)
def test_stage_is_the_furthest_reached(done, stage):
    assert compute_stage(progress(*done)) is stage


def test_every_stage_has_a_label():
    assert [stage.label for stage in Stage][-1] == "Completed"
    assert len({stage.label for stage in Stage}) == len(Stage)
