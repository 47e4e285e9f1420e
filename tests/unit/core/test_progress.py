from __future__ import annotations

import pytest

from dubbing_core.progress import Progress, Stage


def progress(*done: str) -> Progress:
    return Progress(**{key: key in done for key in Progress.__dataclass_fields__})


@pytest.mark.parametrize(
    ("done", "stage"),
    [
        ((), Stage.EMPTY),
        (("has_transcription",), Stage.TRANSCRIBED),
        (("has_translations",), Stage.TRANSLATED),
        (("has_transcription", "has_audio"), Stage.VOICED),
        (("has_transcription", "has_audio", "has_videos"), Stage.DUBBED),
    ],
)
def test_the_furthest_stage_counts(done, stage):
    assert progress(*done).furthest is stage


def test_every_stage_has_a_label():
    assert [stage.label for stage in Stage][-1] == "Completed"
    assert len({stage.label for stage in Stage}) == len(Stage)
