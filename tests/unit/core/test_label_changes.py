from __future__ import annotations

import pytest

from dubbing_core.categories import Category
from dubbing_core.label_changes import (
    LabelChange,
    LabelError,
    apply_label_changes,
    check_language,
    prefer_persons_source,
)
from dubbing_core.labels import Label, LabelAuthor, Role
from dubbing_core.manifest import ManifestEntry

SOURCE = Label(category=Category.ORIGINAL_VIDEO, language="en", role=Role.SOURCE)
SEGMENT = Label(category=Category.AUDIO, language="hi", role=Role.SEGMENT)
UNCONFIRMED = Label(category=Category.TRANSCRIPTIONS, role=Role.UNCONFIRMED)
IGNORED = Label(category=Category.OTHER, role=Role.IGNORED)


def entry(path: str, label: Label, *, by: LabelAuthor = LabelAuthor.RECOGNIZER) -> ManifestEntry:
    return ManifestEntry(
        path=path,
        sha256="0" * 64,
        size=1,
        crc32=0,
        category=label.category,
        language=label.language,
        role=label.role,
        labeled_by=by,
    )


@pytest.mark.parametrize(
    ("label", "change", "expected"),
    [
        (SEGMENT, LabelChange(language="fr"), (Category.AUDIO, "fr", Role.SEGMENT)),
        (SEGMENT, LabelChange(language=""), (Category.AUDIO, "", Role.SEGMENT)),
        (SEGMENT, LabelChange(category=Category.AUDIO), (Category.AUDIO, "hi", Role.SEGMENT)),
        (SEGMENT, LabelChange(category=Category.FINAL_VIDEOS), (Category.FINAL_VIDEOS, "hi", Role.DUBBED_VIDEO)),
        (SEGMENT, LabelChange(role=Role.VOICE_REFERENCE), (Category.CUSTOM_VOICES, "hi", Role.VOICE_REFERENCE)),
        (SEGMENT, LabelChange(role=Role.INTERMEDIATE), (Category.AUDIO, "hi", Role.INTERMEDIATE)),
        (SEGMENT, LabelChange(role=Role.SOURCE), (Category.ORIGINAL_VIDEO, "hi", Role.SOURCE)),
        (SEGMENT, LabelChange(role=Role.IGNORED, language="fr"), (Category.OTHER, "", Role.IGNORED)),
        (UNCONFIRMED, LabelChange(category=Category.TRANSCRIPTIONS), (Category.TRANSCRIPTIONS, "", Role.TRANSCRIPT)),
        (UNCONFIRMED, LabelChange(language="hi"), (Category.TRANSCRIPTIONS, "hi", Role.UNCONFIRMED)),
        (IGNORED, LabelChange(category=Category.OTHER), (Category.OTHER, "", Role.IGNORED)),
        (IGNORED, LabelChange(category=Category.AUDIO), (Category.AUDIO, "", Role.DUBBED_AUDIO)),
    ],
)  # fmt: skip
def test_category_and_role_bring_each_other_along(label, change, expected):
    category, language, role = expected
    assert change.apply(label) == Label(category=category, language=language, role=role)


def test_a_role_of_another_category_is_refused():
    with pytest.raises(LabelError, match="does not belong") as caught:
        LabelChange(category=Category.AUDIO, role=Role.TRANSCRIPT).apply(SEGMENT)
    assert caught.value.code == "bad_label"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("talk_es.mp4", (Category.FINAL_VIDEOS, "en", Role.DUBBED_VIDEO)),
        ("talk_final.mp4", (Category.FINAL_VIDEOS, "en", Role.DUBBED_VIDEO)),
        ("camera 2.mp4", (Category.OTHER, "en", Role.NONE)),
    ],
)
def test_a_former_source_is_a_dubbed_video_only_if_its_name_shows_it(path, expected):
    entries = {path: entry(path, SOURCE), "talk.mp4": entry("talk.mp4", SEGMENT)}

    corrected = apply_label_changes(entries, {"talk.mp4": LabelChange(role=Role.SOURCE)})

    former = corrected[path]
    assert (former.category, former.language, former.role) == expected
    assert {each.labeled_by for each in corrected.values()} == {LabelAuthor.PERSON}


def test_a_persons_source_stays_the_only_one():
    person = entry("talk.mp4", SOURCE, by=LabelAuthor.PERSON)
    recognized = {path: entry(path, SOURCE) for path in ("a.mp4", "b.mp4")}

    assert prefer_persons_source(recognized) == recognized
    preferred = prefer_persons_source({**recognized, "talk.mp4": person})
    assert [path for path, each in preferred.items() if each.role is Role.SOURCE] == ["talk.mp4"]
    assert preferred["a.mp4"].labeled_by is LabelAuthor.RECOGNIZER


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hi", "hi"),
        (" PT_br ", "pt-BR"),
        ("eng", "en"),
        ("ast", "ast"),
        ("zh-hans", "zh-Hans"),
        ("HINDI", "HINDI"),
        ("Hebrew", "he"),
        ("русский", "ru"),
        ("Mandarin", "zh"),
    ],
)
def test_languages_are_written_in_their_usual_form(text, expected):
    assert check_language(text, languages=["HINDI"]) == expected


@pytest.mark.parametrize("text", ["", "?", "klingonish", "en us", "x" * 200])
def test_a_text_that_is_no_language_is_refused(text):
    with pytest.raises(LabelError, match="is not a language") as caught:
        check_language(text)
    assert caught.value.code == "bad_language"
