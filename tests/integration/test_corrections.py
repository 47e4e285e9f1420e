"""Corrections of labels, target languages and voices, before a save and after it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dubbing_core.categories import Category
from dubbing_core.label_changes import LabelChange
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.project_edits import read_edits
from sessions_app.models import DubbingSession, Entry, Job, Version
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import current_of, signed_in
from tests.unit.core.layouts.tool_folders import TEXTS, srt
from tests.world import World, read_object, zip_of_files

pytestmark = pytest.mark.one_stack

TALK = {
    "talk.mp4": b"source",
    "talk.srt": srt("en", 1).encode(),
    "talk_es.srt": srt("es", 1).encode(),
    "talk_es.wav": b"dubbed",
    "talk_es.mp4": b"dubbed video",
}


@pytest.fixture
def alice(world: World) -> Program:
    return Program.of(world.alice)


@pytest.fixture
def talk(world: World) -> DubbingSession:
    return world.saved(files=TALK)


def correct(program: Program, session: DubbingSession, **body: Any) -> dict[str, Any]:
    response = program.post(f"/sessions/{session.code}/corrections", body)
    assert response.status_code == 201, response.content
    version: dict[str, Any] = response.json()
    return version


def label(*paths: str, **change: str) -> dict[str, Any]:
    return {"paths": list(paths), **change}


def entries(version: Version) -> dict[str, Entry]:
    return {entry.path: entry for entry in Entry.objects.filter(session=version.session).at(version.number)}


def labels(version: Version) -> dict[str, tuple[str, str, str]]:
    return {path: (entry.category, entry.language, entry.role) for path, entry in entries(version).items()}


def test_a_correction_is_a_version_of_the_same_files(world: World, alice: Program, talk: DubbingSession):
    before = current_of(talk)

    version = correct(alice, talk, labels=[label("talk_es.wav", language="pt_br")])

    after = current_of(talk)
    assert (version["number"], version["stored_size"], version["created_by"]) == (2, 0, "alice")
    assert version["message"] == "Corrected the label of talk_es.wav"
    assert entries(after)["talk_es.wav"].language == "pt-BR"
    assert entries(after)["talk_es.wav"].labeled_by == LabelAuthor.PERSON
    assert entries(before)["talk_es.wav"].language == "es"
    assert world.files(after) == TALK
    assert "pt-BR" in after.languages


def test_many_files_get_a_label_at_once(world: World, alice: Program):
    paths = [f"{number:04}.wav" for number in range(700)]
    session = world.saved(files=dict.fromkeys(paths, b"x"))

    correct(alice, session, labels=[label(*paths, category="custom_voices")])

    found = labels(current_of(session))
    assert set(found.values()) == {("custom_voices", "", "voice_reference")}
    assert current_of(session).message == "Corrected the labels of 700 files"


@pytest.mark.parametrize("is_wiped", [False, True], ids=["overwritten", "deleted and written again"])
def test_a_correction_stays_with_the_path(
    world: World, alice: Program, talk: DubbingSession, *, is_wiped: bool
):
    correct(alice, talk, labels=[label("talk_es.wav", role="source_audio", language="en")])
    if is_wiped:
        world.save(talk, {"notes.txt": b"x"}, removed=("talk_es.wav",), rooted=True)
        assert "talk_es.wav" not in entries(current_of(talk))

    world.save(talk, {"talk_es.wav": b"a later take"}, rooted=True)

    entry = entries(current_of(talk))["talk_es.wav"]
    assert (entry.category, entry.language, entry.role) == ("audio", "en", "source_audio")
    assert entry.labeled_by == LabelAuthor.PERSON


def test_a_withdrawn_correction_does_not_return(world: World, alice: Program, talk: DubbingSession):
    recognized = labels(current_of(talk))["talk_es.wav"]
    correct(alice, talk, labels=[label("talk_es.wav", role="ignored")])

    correct(alice, talk, recognized=["talk_es.wav"])

    assert labels(current_of(talk))["talk_es.wav"] == recognized
    world.save(talk, {"notes.txt": b"x"}, removed=("talk_es.wav",), rooted=True)
    world.save(talk, {"talk_es.wav": b"again"}, rooted=True)
    assert labels(current_of(talk))["talk_es.wav"] == recognized


def test_another_file_becomes_the_source(world: World, alice: Program):
    session = world.saved(files={"talk_es.mp4": b"a", "cam.mp4": b"b", "original_video.mp4": b"c"})

    correct(alice, session, labels=[label("cam.mp4", role="source")])

    version = current_of(session)
    assert version.video_name == "cam.mp4"
    assert labels(version) == {
        "cam.mp4": ("original_video", "", "source"),
        "talk_es.mp4": ("final_videos", "es", "dubbed_video"),
        "original_video.mp4": ("other", "", ""),
    }
    world.save(session, {"original_video.mp4": b"d", "original_video.mkv": b"e"}, rooted=True)
    assert [path for path, each in labels(current_of(session)).items() if each[2] == "source"] == ["cam.mp4"]


def test_the_text_of_a_relabeled_file_moves_with_it(world: World, alice: Program):
    session = world.saved(files={"talk.mp4": b"source", "a.srt": srt("zh", 1).encode()})
    assert current_of(session).metadata["transcription_text"] == TEXTS["zh"]

    correct(alice, session, labels=[label("a.srt", category="translations", language="zh")])

    version = current_of(session)
    assert (version.metadata["transcription_text"], version.metadata["translations"]) == (
        "",
        {"zh": TEXTS["zh"]},
    )
    assert (version.has_transcription, version.has_translations) == (False, True)
    assert entries(version)["a.srt"].role == "translation"


def test_ignored_files_complete_nothing(alice: Program, talk: DubbingSession):
    assert current_of(talk).stage == "completed"

    correct(alice, talk, labels=[label("talk_es.mp4", role="ignored")])

    version = current_of(talk)
    assert (version.stage, version.has_videos) == ("voiced", False)
    assert version.metadata["final_videos"] == {}


def test_a_transcript_shows_its_language(world: World):
    session = world.saved(files={"original_video.mp4": b"x", "transcriptions/en.srt": srt("en", 1).encode()})

    assert entries(current_of(session))["transcriptions/en.srt"].language == "en"
    assert current_of(session).languages == []


def test_target_languages_are_added_and_excluded(world: World, alice: Program, talk: DubbingSession):
    correct(alice, talk, languages={"fr": "added"})
    version = current_of(talk)
    assert (version.languages, version.stage) == (["es", "fr"], "dubbed")
    assert version.message == "Added the target language fr"

    correct(alice, talk, languages={"fr": "excluded"})
    assert (current_of(talk).languages, current_of(talk).stage) == (["es"], "completed")

    # Statements of a person stay: files in the language do not bring it back, nor does another metadata.json.
    world.save(talk, {"talk_fr.srt": srt("fr", 1).encode()}, rooted=True)
    document = {"languages": ["es", "fr"], "voices": {}, "translations": {}}
    world.save(talk, {"metadata.json": json.dumps(document).encode()}, rooted=True)
    assert (current_of(talk).languages, current_of(talk).stage) == (["es"], "completed")

    correct(alice, talk, languages={"fr": "automatic"})
    assert current_of(talk).languages == ["es", "fr"]


def test_an_added_language_is_withdrawn(alice: Program, talk: DubbingSession):
    correct(alice, talk, languages={"fr": "added"})

    correct(alice, talk, languages={"FR": "automatic"})

    assert current_of(talk).languages == ["es"]


def test_voices_are_edited(world: World, alice: Program):
    assignments = {"voices/voice_assignments.json": b'{"hi": "Deep", "es": "Old"}'}
    session = world.saved(files={"original_video.mp4": b"x", **assignments})

    correct(alice, session, voices={"hi": "Bright", "es": "", "SPEAKER_00": "Warm"})

    edited = {"hi": "Bright", "SPEAKER_00": "Warm"}
    assert current_of(session).metadata["voices"] == edited
    world.save(session, {"voices/voice_assignments.json": b'{"hi": "Deep", "es": "New"}'}, rooted=True)
    assert current_of(session).metadata["voices"] == edited


def test_a_tools_settings_are_kept_until_a_voice_replaces_them(world: World):
    settings = {"engine": "piper", "speed": 1.1}
    document = {"session_name": "talk", "languages": ["hi"], "voices": {"hi": settings, "es": "Deep"}}
    job = world.imported(zip_of_files({"metadata.json": json.dumps(document).encode(), "talk.mp4": b"x"}))
    session = DubbingSession.objects.get(name="talk")
    browser = signed_in(world.alice)
    assert job.state == Job.State.SUCCEEDED, job.error_message

    browser.post(f"/sessions/{session.code}/voices/", {"key": ["hi", "es"], "voice": ["", "Bright"]})
    assert current_of(session).metadata["voices"] == {"hi": settings, "es": "Bright"}
    browser.post(f"/sessions/{session.code}/voices/", {"key": ["hi"], "voice": ["Warm"]})
    assert current_of(session).metadata["voices"] == {"hi": "Warm", "es": "Bright"}


@pytest.mark.one_stack
def test_a_voice_with_settings_is_renamed_on_the_page(world: World):
    settings = {"voice_id": "deep_01", "speed": 1.1}
    document = {"session_name": "talk", "languages": ["hi"], "voices": {"hi": settings}}
    session = world.saved(files={"metadata.json": json.dumps(document).encode(), "audio/hi.wav": b"hi"})
    browser, url = signed_in(world.alice), f"/sessions/{session.code}/"
    assert 'value="deep_01"' in browser.get(url).content.decode()

    browser.post(f"{url}voices/", {"key": ["hi"], "voice": ["deep_01"]})
    assert current_of(session).number == 1
    browser.post(f"{url}voices/", {"key": ["hi"], "voice": ["bright_02"]})

    assert current_of(session).metadata["voices"] == {"hi": {**settings, "voice_id": "bright_02"}}


@pytest.mark.parametrize("layout", ["session", "saved"])
def test_corrections_survive_export_and_import(
    world: World, alice: Program, talk: DubbingSession, layout: str
):
    correct(
        alice,
        talk,
        labels=[label("talk_es.wav", role="segment")],
        languages={"fr": "added", "es": "excluded"},
        voices={"fr": "Deep"},
    )
    export = world.exported(current_of(talk), layout=layout)

    job = world.imported(read_object(export.key), export.filename, name="copy")

    assert job.state == Job.State.SUCCEEDED, job.error_message
    copy = current_of(DubbingSession.objects.get(name="copy"))
    assert labels(copy) == labels(current_of(talk))
    assert entries(copy)["talk_es.wav"].labeled_by == LabelAuthor.PERSON
    assert (copy.languages, copy.stage) == (["fr"], current_of(talk).stage)
    assert read_edits(copy.metadata) == read_edits(current_of(talk).metadata)


def test_a_restored_version_has_its_own_labels(alice: Program, talk: DubbingSession):
    recognized = labels(current_of(talk))
    correct(alice, talk, labels=[label("talk_es.wav", role="ignored")])

    alice.post(f"/sessions/{talk.code}/versions/1/restore")

    assert labels(current_of(talk)) == recognized


def test_a_save_on_the_version_before_a_correction_is_no_conflict(
    world: World, alice: Program, talk: DubbingSession
):
    correct(alice, talk, labels=[label("talk_es.wav", role="segment")])

    job = world.save(talk, {"talk_es.wav": b"a later take"}, parent=1, rooted=True)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    assert current_of(talk).number == 3
    assert entries(current_of(talk))["talk_es.wav"].role == "segment"
    stale = alice.post(f"/sessions/{talk.code}/versions", {"parent": 2, "removed": ["talk.srt"]})
    problem_of(stale, 409, "conflict")


def test_labels_are_corrected_before_a_save(world: World):
    session = world.session()
    changes = {
        "folder/b.mp4": LabelChange(role=Role.SOURCE),
        "folder/a.srt": LabelChange(category=Category.TRANSLATIONS, language="hi"),
    }
    files = {"folder/a.mp4": b"a", "folder/b.mp4": b"b", "folder/a.srt": srt("zh", 1).encode()}

    job = world.save(session, files, labels=changes)

    assert job.state == Job.State.SUCCEEDED, job.error_message
    version = current_of(session)
    assert labels(version)["b.mp4"] == ("original_video", "", "source")
    assert labels(version)["a.srt"] == ("translations", "hi", "translation")
    assert labels(version)["a.mp4"][2] != "source"
    assert version.video_name == "b.mp4"
    assert version.metadata["translations"] == {"hi": TEXTS["zh"]}
    assert entries(version)["b.mp4"].labeled_by == LabelAuthor.PERSON


def test_a_save_sends_corrections_in_its_request(world: World, alice: Program):
    session = world.session()
    uploads = world.upload({"a.wav": b"x"})
    body = {
        "parent": 0,
        "uploads": [str(upload.code) for upload in uploads],
        "labels": [label("a.wav", role="voice_reference", language="HI")],
    }

    job = alice.post(f"/sessions/{session.code}/versions", body)

    assert job.status_code == 202, job.content
    world.run(Job.objects.get(code=job.json()["code"]))
    assert labels(current_of(session)) == {"a.wav": ("custom_voices", "hi", "voice_reference")}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "nothing_to_correct"),
        ({"labels": [label("nothing.wav", role="ignored")]}, "no_such_file"),
        ({"labels": [label("talk.srt", role="source")]}, "not_a_source"),
        ({"labels": [label("talk.mp4", "talk_es.mp4", role="source")]}, "several_sources"),
        ({"labels": [label("talk.srt", category="audio", role="transcript")]}, "bad_label"),
        ({"labels": [label("talk.srt", role="session_metadata")]}, "session_metadata"),
        ({"labels": [label("talk.srt", language="klingonish")]}, "bad_language"),
        ({"languages": {"not a tag": "added"}}, "bad_language"),
    ],
)
def test_impossible_corrections_are_refused(alice: Program, talk: DubbingSession, body, code):
    problem_of(alice.post(f"/sessions/{talk.code}/corrections", body), 400, code)
    assert current_of(talk).number == 1


def test_what_is_so_already_makes_no_version(alice: Program, talk: DubbingSession):
    body = {"labels": [label("talk_es.wav", role="ignored")]}
    correct(alice, talk, **body)

    problem_of(alice.post(f"/sessions/{talk.code}/corrections", body), 409, "unchanged")
    problem_of(alice.post(f"/sessions/{talk.code}/corrections", {**body, "parent": 1}), 409, "conflict")
    assert current_of(talk).number == 2


# -- Pages ---------------------------------------------------------------------------------------------------------


def test_labels_of_selected_files_are_corrected_on_the_page(world: World, talk: DubbingSession):
    browser = signed_in(world.alice)
    page = browser.get(f"/sessions/{talk.code}/").content.decode()
    assert 'value="talk_es.wav"' in page

    form = {"paths": ["talk_es.wav", "talk.srt"], "label": "", "language": "PT", "listed": "audio"}
    response = browser.post(f"/sessions/{talk.code}/labels/", form, follow=True)

    assert response.redirect_chain == [(f"/sessions/{talk.code}/?category=audio#files", 302)]
    assert "Corrected the labels of 2 files: saved as version 2." in response.content.decode()
    found = labels(current_of(talk))
    assert (found["talk_es.wav"][1], found["talk.srt"][1]) == ("pt", "pt")


def test_all_listed_files_are_corrected_on_the_page(world: World):
    files = {f"{number:03}.wav": b"x" for number in range(150)}
    session = world.saved(files={**files, "talk.mp4": b"x"})

    form = {"paths": ["000.wav"], "scope": "listed", "listed": "audio", "label": "ignored"}
    signed_in(world.alice).post(f"/sessions/{session.code}/labels/", form)

    found = labels(current_of(session))
    assert [path for path, each in found.items() if each[2] != "ignored"] == ["talk.mp4"]


@pytest.mark.parametrize(
    ("form", "problem"),
    [
        ({"label": "audio"}, "Select at least one file first."),
        ({"paths": ["talk.srt"]}, "Choose a category or a language."),
        ({"paths": ["talk.srt"], "language": "?"}, "is not a language"),
        ({"paths": ["talk.mp4", "talk_es.mp4"], "label": "source"}, "Only one file can be the source"),
    ],
)
def test_impossible_corrections_are_explained_on_the_page(world: World, talk: DubbingSession, form, problem):
    response = signed_in(world.alice).post(f"/sessions/{talk.code}/labels/", form, follow=True)

    assert problem in response.content.decode()
    assert current_of(talk).number == 1


def test_languages_and_voices_are_edited_on_the_page(world: World, talk: DubbingSession):
    browser = signed_in(world.alice)

    browser.post(f"/sessions/{talk.code}/languages/", {"add": "fr"})
    browser.post(f"/sessions/{talk.code}/languages/", {"exclude": "es"})
    browser.post(f"/sessions/{talk.code}/voices/", {"key": ["fr", ""], "voice": [" Deep ", ""]})

    version = current_of(talk)
    assert (version.number, version.languages, version.metadata["voices"]) == (4, ["fr"], {"fr": "Deep"})
    unchanged = browser.post(
        f"/sessions/{talk.code}/voices/", {"key": ["fr"], "voice": ["Deep"]}, follow=True
    )
    assert "No voice was changed." in unchanged.content.decode()


@pytest.mark.parametrize(
    ("key", "voice"), [("hi\0", "Deep"), ("hi", "\0"), ("x" * 101, "Deep"), ("hi", "x" * 501)]
)
def test_voices_that_cannot_be_stored_are_refused_on_the_page(world: World, talk: DubbingSession, key, voice):
    form = {"key": [key], "voice": [voice]}

    response = signed_in(world.alice).post(f"/sessions/{talk.code}/voices/", form, follow=True)

    assert "A voice cannot be saved." in response.content.decode()
    assert current_of(talk).number == 1


@pytest.mark.parametrize("page", ["labels", "languages", "voices"])
def test_others_correct_nothing(world: World, talk: DubbingSession, page: str):
    form = {"paths": ["talk.srt"], "label": "audio", "add": "fr", "key": ["fr"], "voice": ["Deep"]}

    assert signed_in(world.bob).post(f"/sessions/{talk.code}/{page}/", form).status_code == 404
    assert current_of(talk).number == 1


def test_empty_files_are_marked_on_the_page(world: World):
    session = world.saved(files={"talk.mp4": b"x", "talk_es.wav": b""})

    page = signed_in(world.alice).get(f"/sessions/{session.code}/").content.decode()

    files = page[page.index('id="files"') :]
    assert files.count(">Empty</span>") == 1
    # They are counted over all pages, and listed alone.
    assert current_of(session).empty_file_count == 1
    assert "?empty=1#files" in files
    alone = signed_in(world.alice).get(f"/sessions/{session.code}/?empty=1")
    assert [file.size for file in alone.context["files"].items] == [0]
