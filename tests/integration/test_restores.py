"""Restoring versions and parts of them: preview, undo, conflicts."""

from __future__ import annotations

import html
import io
import re
import zipfile
from typing import Any

import pytest
from django.test import Client

from dubbing_core.restored_part import RestoredPart
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import ConflictError, UnchangedError
from sessions_app.operations.versions import partial_restore
from sessions_app.operations.versions.commit import commit_version
from sessions_app.operations.versions.partial_restore import restore_part
from sessions_app.queries.manifests import get_version_manifest
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import (
    bytes_of,
    current_of,
    now,
    signed_in,
    sketch_session,
    sketch_version,
    store_blobs,
)
from tests.integration.worlds import world_of_rows
from tests.world import PROJECT, World

pytestmark = pytest.mark.either_stack

HINDI, SPANISH = "audio/hi_audio.wav", "audio/es_audio.wav"
SUBTITLES = "translations/hi.srt"
TRANSLATED = "translations/translated.json"
OLD = {**PROJECT, SUBTITLES: b"1\n00:00:01,000 --> 00:00:02,000\nold\n"}
NEW = {
    **PROJECT,
    HINDI: b"a better take",
    SPANISH: b"una toma mejor",
    "audio/hi_2.wav": b"one more",
    SUBTITLES: b"1\n00:00:01,000 --> 00:00:02,000\nnew\n",
}
AUDIO_IN_HINDI = {"categories": ["audio"], "languages": ["hi"]}


@pytest.fixture(scope="module", autouse=True)
def _bytes(module_store: None) -> None:
    store_blobs([OLD[SUBTITLES], NEW[SUBTITLES]])


world = world_of_rows


@pytest.fixture
def session(world: World) -> DubbingSession:
    """Two versions with other audio, subtitles and voices."""
    session = sketch_session(world.alice, files=OLD, document={"voices": {"hi": "deep", "es": "bright"}})
    sketch_version(session, NEW, document={"voices": {"hi": "warm", "es": "soft"}})
    return session


@pytest.fixture
def alice(session: DubbingSession) -> Client:
    return signed_in(session.owner)


def hashes(version: Version) -> dict[str, str]:
    return {entry.path: entry.sha256 for entry in get_version_manifest(version).files}


def version(session: DubbingSession, number: int) -> Version:
    return Version.objects.get(session=session, number=number)


def post(session: DubbingSession, body: Any, *, number: int = 1, action: str = "restore") -> Any:
    return Program.of(session.owner).post(f"/sessions/{session.code}/versions/{number}/{action}", body)


def test_a_part_is_restored_and_the_rest_stays(session: DubbingSession):
    response = post(session, AUDIO_IN_HINDI)

    assert response.status_code == 201, response.content
    restored = current_of(session)
    assert (restored.number, restored.message) == (3, "Restored audio in hi from version 1")
    before, after = hashes(version(session, 1)), hashes(version(session, 2))
    del after["audio/hi_2.wav"]
    assert hashes(restored) == {**after, HINDI: before[HINDI]}
    assert restored.metadata["voices"] == {"hi": "warm", "es": "soft"}
    assert restored.stored_size == 0


def test_a_preview_has_the_files_and_states_of_the_restore(session: DubbingSession):
    preview = post(session, AUDIO_IN_HINDI, action="restore/preview").json()

    assert preview["current"] == 2
    assert {file["path"]: file["kind"] for file in preview["files"]} == {
        HINDI: "changed",
        "audio/hi_2.wav": "removed",
    }
    # The audio of version 1 was made with the voice and translation of version 1.
    (cell,) = preview["progress"]["cells"]
    assert (cell["language"], cell["step"], cell["before"]["stale"]) == ("hi", "voiced", None)
    assert "changed in v2, this is from v1" in cell["after"]["stale"]
    assert current_of(session).number == 2
    post(session, AUDIO_IN_HINDI)
    stored = current_of(session).matrix["cells"]["hi"]["voiced"]
    assert stored["stale"]["made_in"] == 1


@pytest.mark.one_stack
def test_cells_are_chosen_in_the_matrix_restored_and_downloaded(session: DubbingSession, alice: Client):
    url = f"/sessions/{session.code}/versions/1/restore/part/"

    page = alice.get(f"{url}?cell=hi:audio&cell=es:mixed_videos").content.decode()
    assert re.findall(r'name="cell" value="([^"]+)" checked', page) == ["hi:audio"]
    assert "Restore audio in hi" in page
    assert "is no cell" in alice.get(f"{url}?cell=sound").content.decode()
    restored = alice.post(
        f"/sessions/{session.code}/versions/1/restore/", {"cell": ["hi:audio"]}, follow=True
    )
    assert "Restored audio in hi from version 1: saved as version 3." in restored.content.decode()
    assert hashes(current_of(session))[HINDI] == hashes(version(session, 1))[HINDI]

    address = f"/sessions/{session.code}/versions/1/archive.zip?cell=hi%3Atranslations&layout=saved"
    assert address in html.unescape(alice.get(f"{url}?cell=hi:translations").content.decode())
    names = zipfile.ZipFile(io.BytesIO(bytes_of(alice.get(address)))).namelist()
    assert SUBTITLES in names
    assert not {HINDI, SPANISH} & set(names)
    parts = html.unescape(alice.get(f"{url}?category=audio&language=hi&language=es").content.decode())
    assert "archive.zip?cell=es%3Aaudio&cell=hi%3Aaudio&layout=saved" in parts


@pytest.mark.one_stack
def test_a_cell_of_a_file_with_several_languages_is_the_whole_file(world: World):
    old = dict(PROJECT)
    new = {**PROJECT, TRANSLATED: '{"hi": "नमस्ते", "es": "Buenas", "fr": "Salut"}'.encode()}
    store_blobs([*old.values(), *new.values()])
    session = sketch_session(world.alice, files=old, document={"languages": ["hi", "es"]})
    sketch_version(session, new, document={"languages": ["hi", "es", "fr"]})
    alice = signed_in(world.alice)
    part = {"cells": ["es:translations"]}
    url = f"/sessions/{session.code}/versions/1/restore/part/?cell=es:translations"

    page = html.unescape(alice.get(url).content.decode())

    boxes = re.findall(r'name="cell" value="(..:translations)"( data-shared="translations")( checked)?', page)
    assert {(key, bool(checked)) for key, _, checked in boxes} == {
        ("hi:translations", False),
        ("es:translations", True),
    }
    assert f"{TRANSLATED} has es, hi and is restored as a whole." in " ".join(page.split())
    (address,) = re.findall(r'href="([^"]+archive\.zip[^"]+)"', page)
    names = zipfile.ZipFile(io.BytesIO(bytes_of(alice.get(address)))).namelist()
    assert [name for name in names if "/" in name and not name.startswith(".")] == [TRANSLATED]
    preview = post(session, part, action="restore/preview").json()
    assert preview["shared_files"] == [{"path": TRANSLATED, "languages": ["es", "hi"]}]
    export = Program.of(world.alice).post(f"/sessions/{session.code}/versions/2/exports", part)
    assert export.status_code == 202, export.content
    missing = post(session, {"cells": ["it:translations"]})
    problem_of(missing, 400, "nothing_selected")

    assert post(session, part).status_code == 201

    restored = current_of(session)
    assert restored.message == "Restored translations in es from version 1"
    assert hashes(restored) == hashes(version(session, 1))
    assert restored.metadata["translations"] == {"hi": "नमस्ते", "es": "Hola"}


def test_a_language_brings_its_voice(session: DubbingSession):
    post(session, {"languages": ["hi"]})

    restored = current_of(session)
    assert restored.metadata["voices"] == {"hi": "deep", "es": "soft"}
    assert hashes(restored)[SUBTITLES] == hashes(version(session, 1))[SUBTITLES]
    assert hashes(restored)[SPANISH] == hashes(version(session, 2))[SPANISH]


def test_a_single_file_brings_its_text(session: DubbingSession):
    assert post(session, {"paths": [SUBTITLES]}).status_code == 201

    restored = current_of(session)
    assert restored.message == "Restored hi.srt from version 1"
    assert restored.metadata["translations"]["hi"].strip() == "old"


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"paths": ["no/such.file"]}, 400, "no_such_file"),
        ({"categories": ["mixed_videos"]}, 400, "nothing_selected"),
        ({"categories": ["nonsense"]}, 422, "bad_request"),
        ({"cells": ["hi:nonsense"]}, 422, "bad_request"),
        ({"cells": ["hi:mixed_videos"]}, 400, "nothing_selected"),
        ({"paths": ["my_presentation.mp4"]}, 409, "unchanged"),
        ({**AUDIO_IN_HINDI, "parent": 1}, 409, "conflict"),
        ({"parent": 1}, 409, "conflict"),
    ],
)
def test_refused_restores(session: DubbingSession, body: Any, status: int, code: str):
    problem_of(post(session, body), status, code)
    assert current_of(session).number == 2


@pytest.mark.one_stack
def test_a_restored_file_cannot_be_beside_a_folder_of_its_name(world: World):
    session = sketch_session(world.alice, files={"other/a": b"a file", "b.txt": b"b"})
    sketch_version(session, {"other/a/b.txt": b"in a folder"})

    problem = problem_of(post(session, {"paths": ["other/a"]}), 400, "path_file_as_folder")

    assert problem["detail"].startswith("The restored files cannot be beside those of version 2:")


def test_a_version_that_was_saved_in_the_meantime_is_kept(
    session: DubbingSession, monkeypatch: pytest.MonkeyPatch
):
    part = RestoredPart.from_choices(categories=["audio"], languages=["hi"])
    commit = commit_version

    def commit_after_another(**arguments: Any) -> Version:
        if current_of(session).number == 2:
            sketch_version(session, {**NEW, "notes.txt": b"by a colleague"})
        return commit(**arguments)

    monkeypatch.setattr(partial_restore, "commit_version", commit_after_another)
    with pytest.raises(ConflictError, match="saved version 3 in the meantime, so nothing was restored"):
        restore_part(session=session, number=1, part=part, author=session.owner, now=now(), parent=2)
    assert current_of(session).number == 3

    restored = restore_part(session=session, number=1, part=part, author=session.owner, now=now())

    assert restored.number == 4
    assert "notes.txt" in hashes(restored)
    with pytest.raises(UnchangedError):
        restore_part(session=session, number=1, part=part, author=session.owner, now=now())


UNDO = re.compile(r'action="(/sessions/[^"]+/versions/\d+/restore/\?parent=\d+)"')


@pytest.mark.parametrize("fields", [{}, {"category": "audio", "language": "hi", "parent": "2"}])
def test_a_restore_is_undone_from_its_message(session: DubbingSession, alice: Client, fields: dict[str, str]):
    address = f"/sessions/{session.code}/versions/1/restore/"
    page = alice.post(address, fields, follow=True).content.decode()
    undo = UNDO.findall(page)[0]
    assert current_of(session).number == 3

    undone = alice.post(undo, follow=True).content.decode()

    assert "Version 2 was restored as version 4." in undone
    assert current_of(session).fingerprint == version(session, 2).fingerprint
    # The same form again belongs to a version that is not current any more.
    assert "saved version 4 in the meantime" in alice.post(undo, follow=True).content.decode()
    assert current_of(session).number == 4
    # What was undone can be done again.
    redo = UNDO.findall(undone)[0]
    alice.post(redo)
    assert current_of(session).fingerprint == version(session, 3).fingerprint


def test_the_page_previews_and_restores_selected_files(session: DubbingSession, alice: Client):
    address = f"/sessions/{session.code}/versions/1/restore/part/"

    text = alice.get(address).content.decode()
    preview = alice.get(address, {"category": "audio", "part": "1"}).content.decode()
    nothing = alice.get(address, {"category": "original_video"}).content.decode()
    refused = alice.get(address, {"language": "xx"}).content.decode()

    assert "Choose what to restore" in text
    assert "<h1>" not in preview
    assert "Restore audio" in preview
    assert 'name="parent" value="2"' in preview
    assert "Nothing to restore" in nothing
    assert "Neither version has files in xx." in refused
    fields = {"category": "audio", "parent": "2", "scope": "files", "path": [HINDI]}
    alice.post(f"/sessions/{session.code}/versions/1/restore/", fields)
    restored = hashes(current_of(session))
    assert restored == {**hashes(version(session, 2)), HINDI: hashes(version(session, 1))[HINDI]}


def test_a_moved_file_is_moved_back(world: World):
    session = sketch_session(world.alice, files={"audio/a.wav": b"a", "audio/b.wav": b"b"})
    sketch_version(session, {"audio/c.wav": b"a", "audio/b.wav": b"b2"})
    client = signed_in(world.alice)
    page = client.get(f"/sessions/{session.code}/versions/1/restore/part/?category=audio").content.decode()
    assert 'name="source:audio/a.wav" value="audio/c.wav"' in page

    fields = {"parent": "2", "scope": "files", "path": ["audio/a.wav"], "source:audio/a.wav": "audio/c.wav"}
    client.post(f"/sessions/{session.code}/versions/1/restore/", fields)

    assert set(hashes(current_of(session))) == {"audio/a.wav", "audio/b.wav"}


@pytest.mark.one_stack
def test_a_project_keeps_one_source(world: World):
    session = sketch_session(world.alice, files={"a.mp4": b"first cut"})
    sketch_version(session, {"b.mp4": b"second cut"})

    assert post(session, {"paths": ["a.mp4"]}).status_code == 201

    manifest = get_version_manifest(current_of(session))
    assert {entry.path: entry.category.value for entry in manifest.files} == {
        "a.mp4": "original_video",
        "b.mp4": "other",
    }
