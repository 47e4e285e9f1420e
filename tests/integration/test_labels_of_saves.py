"""Labels, texts and progress of sessions that dubbing tools wrote."""

from __future__ import annotations

import json

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import LabelAuthor
from sessions_app.models import DubbingSession, Entry, Version
from tests.unit.core.layouts.tool_folders import BUILDERS, TEXTS, Project, srt, wrong_files
from tests.world import World

pytestmark = pytest.mark.one_stack

LINES = [{"start": 0, "end": 1, "text": TEXTS["en"], "speaker": "SPEAKER_00"}]
TALK = {
    "talk.mp4": b"source",
    "talk.srt": srt("en", 1).encode(),
    "talk.es.srt": srt("es", 1).encode(),
    "talk_es.wav": b"dubbed",
    "talk_es.mp4": b"dubbed",
}


def current(session: DubbingSession) -> Version:
    session.refresh_from_db()
    assert session.current is not None
    return session.current


def entries(version: Version) -> dict[str, Entry]:
    return {entry.path: entry for entry in Entry.objects.filter(session=version.session).at(version.number)}


def roles(version: Version) -> dict[str, str]:
    return {path: entry.role for path, entry in entries(version).items()}


@pytest.mark.parametrize("name", BUILDERS)
def test_a_tools_folder_is_labeled_when_it_is_saved(world: World, name):
    tree = BUILDERS[name](Project())
    files = {path: tree.contents.get(path, path.encode()) for path in tree.files}

    version = current(world.saved(files=files))

    found = entries(version)
    assert list(wrong_files(tree, {path: Category(entry.category) for path, entry in found.items()})) == []
    assert {path for path, entry in found.items() if entry.role == "source"} == tree.sources
    assert TEXTS["zh"] not in version.metadata["transcription_text"]
    assert all(TEXTS["en"] not in text for text in version.metadata["translations"].values())


@pytest.mark.parametrize("name", ["ariel", "elevenlabs", "linly", "open_dubbing", "videolingo"])
def test_texts_of_a_tool_are_those_of_the_session(world: World, name):
    tree = BUILDERS[name](Project(lines=1))
    files = {path: tree.contents.get(path, path.encode()) for path in tree.files}

    document = current(world.saved(files=files)).metadata

    assert document["transcription_text"] == TEXTS["en"]
    assert set(document["translations"].values()) == {TEXTS["zh"]}


def test_voices_of_a_tools_document_are_those_of_the_session(world: World):
    tree = BUILDERS["open_dubbing"](Project())
    files = {path: tree.contents.get(path, path.encode()) for path in tree.files}

    voices = current(world.saved(files=files)).metadata["voices"]

    assert voices == {"SPEAKER_00": "voice-0", "SPEAKER_01": "voice-1"}


def test_earlier_files_are_labeled_again_once_the_tool_is_recognized(world: World):
    session = world.saved(files={"download.mp4": b"source", "audio.wav": b"sound"})
    assert roles(current(session)) == {"download.mp4": "source", "audio.wav": "dubbed_audio"}

    world.save(session, {"transcript.json": json.dumps(LINES).encode()}, rooted=True)

    version = current(session)
    assert roles(version) == {
        "download.mp4": "source",
        "audio.wav": "source_audio",
        "transcript.json": "transcript",
    }
    assert (version.has_audio, version.has_transcription) == (False, True)


@pytest.mark.parametrize("is_transcribed_first", [True, False])
def test_saves_of_stages_end_with_the_labels_of_one_save(world: World, is_transcribed_first):
    texts = {"en.srt": srt("en", 1).encode(), "hi.srt": srt("hi", 1).encode()}
    stages = [{"talk.mp4": b"source"}, texts, {"talk_hi.mp4": b"dubbed"}]
    if is_transcribed_first:
        stages[1:2] = [{path: data} for path, data in texts.items()]
    session = world.saved(files=stages[0])

    for stage in stages[1:]:
        world.save(session, stage, rooted=True)

    version = current(session)
    assert roles(version) == roles(
        current(world.saved(files={path: data for each in stages for path, data in each.items()}))
    )
    assert (roles(version)["en.srt"], version.languages) == ("transcript", ["hi"])
    assert version.metadata["transcription_text"] == TEXTS["en"]
    assert version.metadata["translations"] == {"hi": TEXTS["hi"]}


def test_a_persons_label_stays_when_a_tool_is_recognized(world: World):
    session = world.saved(files={"download.mp4": b"source", "audio.wav": b"sound"})
    Entry.objects.filter(session=session, path="audio.wav").update(
        role="segment", labeled_by=LabelAuthor.PERSON
    )

    world.save(session, {"transcript.json": json.dumps(LINES).encode()}, rooted=True)

    assert roles(current(session))["audio.wav"] == "segment"


def test_a_removed_translation_is_no_longer_done(world: World):
    session = world.saved(files=TALK)
    assert current(session).stage == "completed"

    world.save(session, {"notes.txt": b"x"}, removed=("talk.es.srt",), rooted=True)

    version = current(session)
    assert not version.has_translations
    assert version.metadata["translations"] == {}
    assert version.stage == "dubbed"


def test_a_session_is_completed_when_every_language_has_a_video(world: World):
    session = world.saved(files={**TALK, "talk.fr.srt": srt("fr", 1).encode()})
    assert current(session).stage == "dubbed"

    world.save(session, {"talk_fr.mp4": b"dubbed"}, rooted=True)

    assert current(session).stage == "completed"


def test_empty_files_complete_nothing(world: World):
    session = world.saved(files={**TALK, "talk_es.mp4": b"", "talk_es.wav": b""})

    assert (current(session).has_audio, current(session).has_videos) == (False, False)


def test_a_source_of_another_name_replaces_the_former(world: World):
    session = world.saved(files={path: TALK[path] for path in ("talk.mp4", "talk.srt")})

    world.save(session, {"talk v2.mp4": b"cut again"}, removed=("talk.mp4",), rooted=True)

    version = current(session)
    assert roles(version)["talk v2.mp4"] == "source"
    assert version.video_name == "talk v2.mp4"
    assert not version.has_videos


def test_another_video_does_not_become_a_second_source(world: World):
    session = world.saved(files={"talk.mp4": b"source"})

    world.save(session, {"extras/broll.mp4": b"extra"}, rooted=True)

    assert roles(current(session)) == {"talk.mp4": "source", "extras/broll.mp4": "dubbed_video"}
