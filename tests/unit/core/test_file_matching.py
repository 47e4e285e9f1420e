"""Which file of a session a new one replaces."""

from __future__ import annotations

import pytest

from dubbing_core.categories import Category
from dubbing_core.file_matching import list_candidates, match_files
from dubbing_core.labels import Label, Role

HINDI = Label(category=Category.AUDIO, language="hi")
SPANISH = Label(category=Category.AUDIO, language="es")
TEXT = Label(category=Category.TRANSLATIONS, language="hi")
OTHER = Label(category=Category.OTHER)


@pytest.mark.parametrize(
    ("new", "earlier", "matches"),
    [
        # By the end of the path, whatever the label.
        ({"hi.wav": OTHER}, {"out/audio/hi.wav": HINDI}, {"hi.wav": "out/audio/hi.wav"}),
        ({"hi/1.wav": HINDI}, {"out/hi/1.wav": HINDI, "out/es/1.wav": SPANISH}, {"hi/1.wav": "out/hi/1.wav"}),
        ({"HI.wav": HINDI}, {"audio/hi.WAV": HINDI}, {"HI.wav": "audio/hi.WAV"}),
        ({"i.wav": HINDI}, {"audio/hi.wav": SPANISH}, {}),
        # Several have the name: the label decides, or nothing does.
        ({"1.wav": HINDI}, {"a/1.wav": HINDI, "b/1.wav": SPANISH}, {"1.wav": "a/1.wav"}),
        ({"1.wav": OTHER}, {"a/1.wav": HINDI, "b/1.wav": SPANISH}, {}),
        # By the place in the session's tree.
        ({"hi.srt": TEXT}, {"translations/hi.srt": TEXT}, {"hi.srt": "translations/hi.srt"}),
        # By the label, if it is the only one on both sides.
        ({"take2.wav": HINDI}, {"out/voice.wav": HINDI, "x.wav": SPANISH}, {"take2.wav": "out/voice.wav"}),
        ({"take2.wav": HINDI}, {"out/voice.wav": HINDI, "out/old.wav": HINDI}, {}),
        ({"take2.wav": HINDI, "take3.wav": HINDI}, {"out/voice.wav": HINDI}, {}),
        ({"take2.mp3": HINDI}, {"out/voice.wav": HINDI}, {}),
        ({"new/take2.wav": HINDI}, {"out/voice.wav": HINDI}, {}),
        ({"notes2.txt": OTHER}, {"notes.txt": OTHER}, {}),
        # An earlier file is replaced once.
        (
            {"hi.wav": HINDI, "audio/hi.wav": HINDI},
            {"out/audio/hi.wav": HINDI},
            {"audio/hi.wav": "out/audio/hi.wav"},
        ),
    ],
)
def test_matches(new, earlier, matches):
    assert match_files(new, earlier) == matches


def test_candidates_are_the_most_similar_first():
    earlier = {
        "b/es.wav": SPANISH,
        "a/hi.wav": HINDI,
        "texts/take.wav": OTHER,
        "talk.mp4": Label(category=Category.ORIGINAL_VIDEO, role=Role.SOURCE),
        "metadata.json": Label(category=Category.OTHER, role=Role.SESSION_METADATA),
    }

    assert list_candidates("take.wav", HINDI, earlier) == ["texts/take.wav", "a/hi.wav", "b/es.wav"]
