"""Plans of loads. The API is a stub without a network."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from stub_api import StubApi, entry, sha, synced_state

from dubbing_client.errors import FolderError, LocalChangesError, NotFoundError, UsageError
from dubbing_client.load_plan import plan_load, remote_files
from dubbing_client.loader import load
from dubbing_client.obstacles import delete_obstacles
from dubbing_client.save_plan import plan_save
from dubbing_core.selection import Selection


def test_only_different_files_are_fetched(work):
    work.write("hi.wav", b"same")
    work.write("es.wav", b"old")
    state = synced_state(work)
    api = StubApi(2, entry("hi.wav", b"same"), entry("es.wav", b"new"), entry("fr.wav"))
    plan = plan_load(api, work.folder, state, name="Talk")
    assert sorted(file.path for file in plan.fetch) == ["es.wav", "fr.wav"]
    assert plan.overwritten == ["es.wav"]
    plan.check(overwrite=False)


def test_a_cell_of_a_file_with_several_languages_is_the_whole_file(work):
    class SharingApi(StubApi):
        def version(self, code: str, number: int) -> Any:
            cells = [{"language": tag, "step": "translated", "files": 1} for tag in ("es", "fr")]
            return {**super().version(code, number), "progress_by_language": {"cells": cells}}

    shared = entry("translated.json", category="translations", language="")
    api = SharingApi(1, shared, entry("fr.srt", category="translations", language="fr"), entry("hi.wav"))

    def choose(*only: str) -> list[str]:
        return sorted(
            file.path for file in plan_load(api, work.folder, work.state(), name="Talk", only=only).fetch
        )

    assert choose("es:translations") == ["translated.json"]
    assert choose("fr:translations") == ["fr.srt"]
    assert choose("hi:audio", "es:translations") == ["hi.wav", "translated.json"]
    with pytest.raises(UsageError, match="no translations in de"):
        choose("de:translations")


def test_a_load_makes_files_executable_and_remembers_it(work):
    work.write("run.sh").chmod(0o644)
    work.write("old.sh").chmod(0o755)
    state = synced_state(work)
    api = StubApi(2, {**entry("run.sh"), "executable": True}, entry("old.sh"))
    plan = plan_load(api, work.folder, state)
    assert [file.path for file in plan.other_modes] == ["run.sh", "old.sh"]
    load(api, plan, state)
    assert work.folder.listing().files["run.sh"].is_executable
    assert not work.folder.listing().files["old.sh"].is_executable
    assert work.state().executables == ["run.sh"]
    assert not plan_save(api, work.folder, work.state()).other_modes


def test_a_document_that_changes_during_a_load_is_read_again(work):
    work.write("audio/hi.wav")
    documents = iter([b"renamed", b"renamed", b"texts", b"texts"])

    class ChangingApi(StubApi):
        timeout = 5.0

        def manifest(self, code: str, number: int) -> Any:
            data = {"manifest 1": b"meta", "manifest 2": b"other", "manifest 3": b"texts"}
            found = super().manifest(code, number)
            self.data = data[f"manifest {len(self.calls)}"]
            return {**found, "metadata": {"size": len(self.data), "sha256": sha(self.data)}}

        def metadata(self, code: str, number: int) -> bytes:
            return next(documents)

    api, state = ChangingApi(1, entry("audio/hi.wav")), work.state()
    load(api, plan_load(api, work.folder, state, name="Talk", layout="session"), state)

    assert (work.path / "metadata.json").read_bytes() == b"texts"
    assert state.synced["metadata.json"] == sha(b"texts")


def test_unsaved_changes_are_not_overwritten_by_default(work):
    place = work.write("hi.wav", b"unsaved")
    api = StubApi(1, entry("hi.wav", b"saved"))
    state = work.state()
    plan = plan_load(api, work.folder, state, name="Talk")
    with pytest.raises(LocalChangesError) as caught:
        load(api, plan, state)
    assert (
        "“hi.wav” would be overwritten, and no version known to this folder contains the current content."
        in str(caught.value)
    )
    assert (caught.value.exit_code, place.read_bytes()) == (6, b"unsaved")


def test_extra_files_are_only_deleted_on_request(work):
    work.write("notes.txt")
    work.write("hi.wav", b"same")
    api = StubApi(1, entry("hi.wav", b"same"))
    state = work.state()
    assert plan_load(api, work.folder, state, name="Talk").extra == []
    plan = plan_load(api, work.folder, state, name="Talk", delete=True)
    assert plan.extra == ["notes.txt"]
    with pytest.raises(LocalChangesError, match=r"“notes\.txt” would be deleted"):
        plan.check(overwrite=False)
    with pytest.raises(UsageError, match="--delete and --only"):
        plan_load(api, work.folder, state, name="Talk", delete=True, only=["audio"])


def test_a_selection_consists_of_categories_and_languages(work):
    entries = [
        entry("audio/hi.wav"),
        entry("audio/es.wav", language="es"),
        entry("audio/music.wav", language=""),
        entry("final_videos/hi.mp4", category="final_videos"),
    ]
    manifest = StubApi(1, *entries).manifest("c0de", 1)

    def selected(*names: str) -> list[str]:
        files = remote_files(work.folder, manifest, selection=Selection.from_names(names))
        return [file.path for file in files]

    assert selected("audio", "hi") == ["audio/hi.wav", "audio/music.wav"]
    assert selected("es") == ["audio/es.wav", "audio/music.wav"]
    assert selected() == [each["path"] for each in entries]
    with pytest.raises(UsageError, match="“klingon” is neither a category nor a language of this version"):
        plan_load(StubApi(1, *entries), work.folder, work.state(), name="Talk", only=["klingon"])


def test_single_files_are_loaded(work):
    api = StubApi(1, entry("hi.wav"), entry("es.wav"))
    plan = plan_load(api, work.folder, work.state(), name="Talk", paths=["es.wav"])
    assert ([file.path for file in plan.fetch], plan.is_partial) == (["es.wav"], True)
    with pytest.raises(UsageError, match=r"Version 1 has no file “fr\.wav” among those to load"):
        plan_load(api, work.folder, work.state(), name="Talk", paths=["fr.wav"])


def test_files_are_loaded_to_their_saved_paths_or_to_the_sessions_tree(work):
    manifest = StubApi(1, entry("out/hi.wav")).manifest("c0de", 1)
    saved = remote_files(work.folder, manifest, selection=Selection())
    assert [(file.path, file.entry_path) for file in saved] == [("out/hi.wav", "out/hi.wav")]
    tree = remote_files(work.folder, manifest, selection=Selection(), layout="session")
    assert [(file.path, file.entry_path) for file in tree] == [
        ("audio/out/hi.wav", "out/hi.wav"),
        ("metadata.json", ""),
    ]


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x"])
def test_a_version_cannot_be_written_outside_of_the_folder(work, path):
    with pytest.raises(FolderError, match=r"This version cannot be loaded\."):
        plan_load(StubApi(1, entry(path)), work.folder, work.state(), name="Talk")


def test_files_and_folders_in_the_way_are_replaced_if_they_are_saved(work):
    work.write("hi.wav/inner", b"saved")
    work.write("notes", b"saved")
    work.write("hi.wav/more", b"unsaved")
    state = work.state()
    state.loaded = {"hi.wav/inner": sha(b"saved"), "notes": sha(b"saved")}
    api = StubApi(1, entry("hi.wav"), entry("notes/one.txt"), entry("notes/two.txt"))
    plan = plan_load(api, work.folder, state, name="Talk")
    assert plan.obstacles == ["hi.wav/inner", "hi.wav/more", "notes"]
    assert (plan.overwritten, plan.unsaved) == (["hi.wav/inner", "notes"], ["hi.wav/more"])
    with pytest.raises(LocalChangesError, match=r"“hi\.wav/more” would be overwritten"):
        load(api, plan, state)
    assert work.listed() == ["hi.wav/inner", "hi.wav/more", "notes"]
    delete_obstacles(work.folder, plan.obstacles, [file.target for file in plan.fetch])
    assert list(work.path.iterdir()) == []


def test_a_folder_with_a_new_file_is_not_deleted(work):
    work.write("hi.wav/inner", b"saved")
    work.write("hi.wav/new")
    with pytest.raises(FolderError, match="is in the way and cannot be deleted"):
        delete_obstacles(work.folder, ["hi.wav/inner"], [work.path / "hi.wav"])
    assert work.listed() == ["hi.wav/new"]


@pytest.mark.parametrize("on_disk", ["NFC", "NFD"])
def test_files_are_loaded_to_the_spelling_on_disk(work, on_disk):
    name = unicodedata.normalize(on_disk, "día/café.wav")
    work.write(name)
    state = synced_state(work)
    api = StubApi(1, entry(unicodedata.normalize("NFC", name), b"new"))
    plan = plan_load(api, work.folder, state)
    assert [file.target for file in plan.fetch if file.entry_path] == [work.path / name]
    assert plan.unsaved == []


def test_a_state_with_composed_names_is_continued(work):
    work.write("cafe\u0301.wav")
    state = synced_state(work)
    state.synced = {"caf\u00e9.wav": state.synced["cafe\u0301.wav"]}
    api = StubApi(1, entry("caf\u00e9.wav"))
    plan = plan_save(api, work.folder, state)
    assert (plan.removed, plan.portal_path("cafe\u0301.wav")) == ([], "caf\u00e9.wav")
    assert not plan.is_changed("cafe\u0301.wav", state.synced["cafe\u0301.wav"])


def test_both_spellings_of_a_name_are_loaded(work):
    work.write("cafe\u0301.wav", b"old")
    names = ["caf\u00e9.wav", "cafe\u0301.wav"]
    manifest = StubApi(1, *map(entry, names)).manifest("c0de", 1)
    files = remote_files(work.folder, manifest, selection=Selection())
    assert [file.target.name for file in files] == names


def test_links_are_not_replaced(work, tmp_path):
    (tmp_path / "target").write_text("outside")
    (work.path / "es.wav").symlink_to(tmp_path / "target")
    with pytest.raises(FolderError, match="is a link or a special file"):
        plan_load(StubApi(1, entry("es.wav")), work.folder, work.state(), name="Talk")
    (work.path / "folder").symlink_to(tmp_path)
    with pytest.raises(FolderError, match="one of its folders is a link"):
        plan_load(StubApi(1, entry("folder/x")), work.folder, work.state(), name="Talk")
    (work.path / "hi.wav").mkdir()
    (work.path / "hi.wav" / "link").symlink_to(tmp_path / "target")
    with pytest.raises(FolderError, match="is a folder with a link or special file here, “link”"):
        plan_load(StubApi(1, entry("hi.wav")), work.folder, work.state(), name="Talk")


def test_a_session_without_versions_cannot_be_loaded(work):
    with pytest.raises(NotFoundError, match="“Talk” has no versions yet"):
        plan_load(StubApi(0), work.folder, work.state(), name="Talk")
    with pytest.raises(UsageError, match="This folder does not belong to a session"):
        plan_load(StubApi(1), work.folder, work.state())
