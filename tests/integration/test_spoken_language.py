"""The language that is spoken in the source, where a tool does not record it (pyVideoTrans)."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from dubbing_core.project_edits import read_edits
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.versions import get_entries
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import current_of
from tests.integration.test_change_previews import preview
from tests.world import World

OUT = "_video_out/talk-mp4/"
CHINESE, ENGLISH, QUEUE = f"{OUT}zh-cn.srt", f"{OUT}en.srt", f"{OUT}queue_tts.json"
SUBTITLE = "1\n00:00:00,000 --> 00:00:02,000\n{}\n"
FOLDER = {
    CHINESE: SUBTITLE.format("大家好欢迎观看").encode(),
    ENGLISH: SUBTITLE.format("Hello and welcome to this talk.").encode(),
    f"{OUT}zh-cn.m4a": b"one track",
    f"{OUT}en.m4a": b"another track",
    "readme.txt": b"beside the folder",
}
OPEN = {CHINESE: "unconfirmed", ENGLISH: "unconfirmed"}
SPOKEN_CHINESE = {CHINESE: "transcript", ENGLISH: "translation"}
SPOKEN_ENGLISH = {CHINESE: "translation", ENGLISH: "transcript"}


def roles_of(version: Version) -> dict[str, str]:
    return dict(get_entries(version).filter(path__endswith=".srt").values_list("path", "role"))


def find_questions(previewed: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in previewed["questions"] if each["code"] == "source_language"]


def previewed_roles(previewed: dict[str, Any]) -> dict[str, str]:
    return {file["path"]: file["role"] for file in previewed["files"] if file["path"].endswith(".srt")}


@pytest.fixture
def session(world: World) -> DubbingSession:
    return world.saved(files=FOLDER)


@pytest.mark.one_stack
def test_the_reply_is_sent_with_a_save_and_stays(world: World, session: DubbingSession):
    (question,) = find_questions(preview(session, FOLDER, rooted=True))
    assert question["choices"] == ["en", "zh-CN"]
    assert roles_of(current_of(session)) == OPEN
    files = {"notes.txt": b"recorded on Monday"}

    previewed = preview(session, files, rooted=True, source_language="zh-CN")
    world.save(session, files, rooted=True, source_language="zh-CN")

    version = current_of(session)
    assert find_questions(previewed) == []
    assert roles_of(version) == SPOKEN_CHINESE
    assert previewed["change_summary"] == version.change_summary.words
    assert version.languages == ["en"]
    assert version.metadata["transcription_text"] == "大家好欢迎观看"
    # A later version, and a text that is written again.
    text = {ENGLISH: SUBTITLE.format("Hello and welcome.").encode(), "more.txt": b"more"}
    previewed = preview(session, text, rooted=True)
    world.save(session, text, rooted=True)
    assert find_questions(previewed) == []
    assert previewed_roles(previewed) == {ENGLISH: "translation"}
    assert roles_of(current_of(session)) == SPOKEN_CHINESE


@pytest.mark.one_stack
def test_a_new_session_is_labeled_by_the_reply(world: World):
    session = world.session()
    previewed = preview(session, FOLDER, source_language="en")
    world.save(session, FOLDER, source_language="en")
    assert previewed_roles(previewed) == roles_of(current_of(session)) == SPOKEN_ENGLISH


@pytest.mark.one_stack
def test_the_reply_is_corrected_and_withdrawn_through_the_api(session: DubbingSession):
    program, url = Program.of(session.owner), f"/sessions/{session.code}/corrections"

    assert program.post(url, {"source_language": "zh_cn"}).status_code == 201
    first = current_of(session)
    assert program.post(url, {"source_language": "en"}).status_code == 201
    second = current_of(session)
    assert program.post(url, {"source_language": ""}).status_code == 201

    assert (roles_of(first), first.languages) == (SPOKEN_CHINESE, ["en"])
    assert (roles_of(second), second.languages) == (SPOKEN_ENGLISH, ["zh-CN"])
    assert second.message == "Set the spoken language to en"
    assert second.metadata["transcription_text"] == "Hello and welcome to this talk."
    assert list(second.metadata["translations"]) == ["zh-CN"]
    assert roles_of(current_of(session)) == OPEN
    assert read_edits(current_of(session).metadata).source_language == ""
    problem_of(program.post(url, {"source_language": "not a language"}), 400, "bad_language")


@pytest.mark.one_stack
def test_a_persons_label_wins_over_the_reply(session: DubbingSession):
    program, url = Program.of(session.owner), f"/sessions/{session.code}/corrections"
    labels = [{"paths": [ENGLISH], "role": "ignored"}]

    program.post(url, {"labels": labels})
    program.post(url, {"source_language": "zh-CN"})

    assert roles_of(current_of(session)) == {**SPOKEN_CHINESE, ENGLISH: "ignored"}


@pytest.mark.one_stack
def test_a_preview_reads_the_files_that_the_session_has(world: World, session: DubbingSession):
    # Which text was dubbed follows from the lines in the queue and those of both texts, which are stored already.
    files = {QUEUE: '[{"text": "大家好欢迎观看", "role": "voice"}]'.encode()}
    previewed = preview(session, files, rooted=True)
    assert previewed["requested"] == [QUEUE]

    contents = {QUEUE: base64.b64encode(files[QUEUE]).decode()}
    previewed = preview(session, files, rooted=True, contents=contents)
    world.save(session, files, rooted=True)

    assert roles_of(current_of(session)) == SPOKEN_ENGLISH
    assert find_questions(previewed) == []
    assert previewed["change_summary"] == current_of(session).change_summary.words
