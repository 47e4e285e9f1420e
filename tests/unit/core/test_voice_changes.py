"""Voices that change after the audio was made with them."""

from __future__ import annotations

import pytest

from dubbing_core.voice_changes import digest_voices, has_changed_voice

MANY = {f"SPEAKER_{number:02}": "Kore" for number in range(60)}


@pytest.mark.parametrize(
    ("before", "after", "is_changed"),
    [
        ({"es": "Ana"}, {"es": "Eva"}, True),
        ({"es": "Ana"}, {"es": "Ana", "fr": "Luc"}, False),
        ({"ES": "Ana"}, {"es": "Ana"}, False),
        ({"es": {"voice": "Ana", "pitch": 1}}, {"es": {"voice": "Ana", "pitch": 2}}, True),
        ({"SPEAKER_00": "Kore"}, {"SPEAKER_00": "Puck"}, True),
        ({"SPEAKER_00": "Kore"}, {"SPEAKER_00": "Kore", "SPEAKER_01": "Puck"}, False),
        ({"SPEAKER_00": "Kore", "SPEAKER_01": "Puck"}, {"SPEAKER_01": "Puck"}, False),
        ({}, {"es": "Ana", "SPEAKER_00": "Kore"}, False),
        ({"es": "Ana"}, {"es": ""}, False),
        (MANY, MANY, False),
        (MANY, {**MANY, "SPEAKER_59": "Puck"}, True),
    ],
)
def test_voices_that_were_replaced(before, after, is_changed):
    assert has_changed_voice(digest_voices(before, "es"), digest_voices(after, "es")) is is_changed


def test_a_language_without_voices_has_no_digest():
    assert digest_voices({"fr": "Luc"}, "es") == ""
