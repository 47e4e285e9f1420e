"""Plans of saves and loads. The API is a stub without a network."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.errors import ConflictError, FolderError, LocalChangesError, NotFoundError, UsageError
from dubbing_client.file_hashes import hash_folder
from dubbing_client.folder import Stat
from dubbing_client.load_plan import plan_load, remote_files
from dubbing_client.loader import load
from dubbing_client.obstacles import delete_obstacles
from dubbing_client.save_plan import plan_save
from dubbing_client.save_preview import preview_save
from dubbing_client.state import Base
from dubbing_client.uploader import LocalFile, NewUpload, group_into_uploads
from dubbing_core.selection import Selection


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry(path: str, data: bytes = b"data", *, category: str = "audio", language: str = "hi"):
    return {
        "path": path,
        "size": len(data),
        "sha256": sha(data),
        "crc32": "00000000",
        "category": category,
        "language": language,
        "role": "",
        "labeled_by": "recognizer",
        "executable": False,
        "mtime_ns": None,
        "added_in": 1,
    }


class StubApi(Api):
    """The calls that plans make; any other call fails."""

    def __init__(self, version: int = 1, *entries: Any) -> None:
        self.current = {"code": "c0de", "name": "Talk", "version": version, "trashed_at": None}
        self.entries = list(entries)
        self.earlier: list[Any] = []
        """Entries of the versions before the current one."""
        self.calls: list[str] = []

    def session(self, code: str) -> Any:
        if code != "c0de":
            raise NotFoundError("Not here.", status=404, code="not_found")
        return self.current

    def find_session(self, name: str) -> Any:
        return self.current if name == "Talk" else None

    def get_session(self, name: str) -> Any:
        return self.current

    def version(self, code: str, number: int) -> Any:
        return {"number": number, "created_by": "Bob", "message": "His", "created_at": "2026-01-02T03:04:05Z"}

    def manifest(self, code: str, number: int) -> Any:
        self.calls.append("manifest")
        document = {"size": 4, "sha256": sha(b"meta")}
        return {
            "version": number,
            "fingerprint": "f",
            "entries": self.entries if number == self.current["version"] else self.earlier,
            "metadata": document,
            "empty_folders": [],
        }


def synced_state(work, *, version: int = 1):
    """Return the folder's state after a save or load of its current content."""
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=version)
    state.synced = {
        path: sha256 for path, _, sha256 in hash_folder(work.folder, work.folder.listing(), state)
    }
    state.save()
    return state


# -- Saving -----------------------------------------------------------------------------------------------------------


def test_an_unchanged_folder_needs_no_manifest(work):
    work.write("hi.wav")
    state = synced_state(work)
    api = StubApi(1, entry("hi.wav"))
    plan = plan_save(api, work.folder, state)
    assert (plan.parent, plan.removed, api.calls) == (1, [], [])


def test_a_file_that_became_executable_is_saved(work):
    script = work.write("run.sh")
    work.write("talk.mp4")
    state = synced_state(work)
    state.executables = []
    script.chmod(0o755)
    plan = plan_save(StubApi(1, entry("run.sh"), entry("talk.mp4")), work.folder, state)
    hashes = {path: sha256 for path, _, sha256 in hash_folder(work.folder, plan.listing, state)}
    preview = preview_save(plan, hashes)
    assert (preview.new, preview.changed, preview.modes) == ((), ("run.sh",), {"run.sh"})
    assert preview.summary.words == "1 made executable: run.sh"
    assert plan.executables_after == ["run.sh"]
    with pytest.raises(ConflictError, match=r"run\.sh"):
        plan_save(StubApi(2, entry("run.sh", b"other"), entry("talk.mp4")), work.folder, state)
    # What a disk without such a bit reports is the same after a save as before it.
    state.executables = plan.executables_after
    assert not plan_save(StubApi(1, entry("run.sh")), work.folder, state).other_modes


def test_a_deleted_file_is_removed_by_its_path_in_the_session(work):
    deleted = work.write("hi.wav")
    work.write("talk.mp4")
    state = synced_state(work)
    deleted.unlink()
    plan = plan_save(StubApi(1, entry("hi.wav")), work.folder, state)
    assert plan.removed == ["hi.wav"]
    assert plan.removed_local == ["hi.wav"]


def test_metadata_and_ignored_files_are_never_removed(work):
    work.write("talk.mp4")
    state = synced_state(work)
    state.synced = {**state.synced, "metadata.json": sha(b"x"), ".git/config": sha(b"y")}
    plan = plan_save(StubApi(1, entry("talk.mp4")), work.folder, state)
    assert plan.removed == []


def test_hidden_folders_stay_in_the_session_as_they_are(work):
    work.write("talk.mp4")
    hidden = work.write(".cache/x")
    state = synced_state(work)
    state.synced |= {".cache/x": sha(b"data"), ".cache/y": sha(b"data")}
    state.executables = [".cache/x"]
    state.empty_folders = [".cache/tmp", "old"]
    api = StubApi(1, entry("talk.mp4"), entry(".cache/x"), entry(".cache/y"))

    plan = plan_save(api, work.folder, state)
    assert (plan.removed, sorted(plan.listing.files)) == ([], ["talk.mp4"])
    assert sorted(plan.synced_after({"talk.mp4": "1"})) == [".cache/x", ".cache/y", "talk.mp4"]
    assert plan.executables_after == [".cache/x"]
    assert plan.empty_folders == [".cache/tmp"]

    hidden.write_bytes(b"changed")
    plan = plan_save(api, work.folder, state, include_hidden=True)
    assert (plan.removed, sorted(plan.listing.files)) == ([".cache/y"], [".cache/x", "talk.mp4"])
    assert plan.empty_folders == []


def test_hidden_files_that_the_folder_never_contained_stay(work):
    work.write("talk.mp4")
    api = StubApi(4, entry("talk.mp4"), entry(".cache/x"))
    plan = plan_save(api, work.folder, work.state(), name="Talk")
    assert plan.synced_after({"talk.mp4": "1"}) == {"talk.mp4": "1"}
    assert plan_save(api, work.folder, work.state(), name="Talk", replace=True).removed == []
    plan = plan_save(api, work.folder, work.state(), name="Talk", replace=True, include_hidden=True)
    assert plan.removed == [".cache/x"]


def test_an_unknown_folder_removes_nothing(work):
    work.write("talk.mp4")
    api = StubApi(4, entry("talk.mp4"), entry("hi.wav"))
    plan = plan_save(api, work.folder, work.state(), name="Talk")
    assert (plan.parent, plan.removed) == (4, [])
    plan = plan_save(api, work.folder, work.state(), name="Talk", replace=True)
    assert plan.removed == ["hi.wav"]


def test_a_newer_version_refuses_a_save_of_changes(work):
    work.write("hi.wav")
    state = synced_state(work, version=1)
    work.write("hi.wav", b"outside", mtime_ns=1_700_000_005_000_000_005)
    with pytest.raises(ConflictError) as caught:
        plan_save(StubApi(2, entry("hi.wav", b"other"), entry("es.wav")), work.folder, state)
    assert str(caught.value) == (
        "Bob saved version 2 of “Talk” (“His”) at 2026-01-02T03:04:05Z, and this folder is at version 1. "
        "Both changed “hi.wav”: a save on top replaces these files. Load that version first, or save on top of it with --on-top."
    )
    assert (caught.value.current, caught.value.paths, caught.value.exit_code) == (2, ("hi.wav",), 5)


def test_a_newer_version_with_other_labels_is_no_conflict(work):
    work.write("hi.wav")
    state = synced_state(work, version=1)
    work.write("hi.wav", b"outside", mtime_ns=1_700_000_005_000_000_005)
    api = StubApi(2, {**entry("hi.wav"), "role": "segment"})
    api.earlier = [entry("hi.wav")]

    plan = plan_save(api, work.folder, state)

    assert (plan.parent, plan.is_rebase) == (2, True)


def test_a_newer_version_allows_a_save_without_changes(work):
    work.write("hi.wav")
    plan = plan_save(StubApi(2, entry("hi.wav")), work.folder, synced_state(work, version=1))
    assert plan.is_rebase


def test_on_top_keeps_files_that_another_user_added_or_changed(work):
    for path in ("mine.wav", "changed.wav", "talk.mp4"):
        work.write(path)
    state = synced_state(work, version=1)
    (work.path / "mine.wav").unlink()
    (work.path / "changed.wav").unlink()
    api = StubApi(
        2, entry("mine.wav"), entry("changed.wav", b"changed by Bob"), entry("new.wav"), entry("talk.mp4")
    )
    plan = plan_save(api, work.folder, state, on_top=True)
    assert plan.parent == 2
    assert plan.removed == ["mine.wav"]


def test_a_folder_of_a_deleted_session_is_an_error(work):
    work.write("hi.wav")
    state = synced_state(work)
    state.base = Base(session="de1e7ed", name="Talk", version=1)
    with pytest.raises(NotFoundError, match="“Talk”") as caught:
        plan_save(StubApi(), work.folder, state)
    assert caught.value.exit_code == 4


def test_an_empty_folder_creates_no_session(work):
    with pytest.raises(FolderError, match="nothing to save"):
        plan_save(StubApi(), work.folder, work.state(), name="New")


def local(path: str, size: int) -> LocalFile:
    return LocalFile(path, path, Stat(size, 0, 0, 0), sha(path.encode()))


def test_small_files_are_packed_independently_of_their_order():
    files = [local(f"{number:04}.wav", 40) for number in range(10)]
    uploads = group_into_uploads(files[::-1], small_size=100, pack_size=120)
    assert [[file.path for file in each.files] for each in uploads] == [
        ["0000.wav", "0001.wav", "0002.wav"],
        ["0003.wav", "0004.wav", "0005.wav"],
        ["0006.wav", "0007.wav", "0008.wav"],
        ["0009.wav"],
    ]
    assert group_into_uploads(files, small_size=100, pack_size=120) == uploads


def test_large_files_are_not_packed_and_a_pack_has_at_most_2000_files():
    uploads = group_into_uploads(
        [local("big", 100), *(local(str(number), 0) for number in range(2001))], small_size=100, pack_size=50
    )
    assert [(each.is_pack, len(each.files)) for each in uploads] == [(False, 1), (True, 2000), (True, 1)]


def test_a_part_of_a_pack_consists_of_ranges_of_its_files():
    pack = NewUpload((local("a", 10), local("empty", 0), local("b", 10)), is_pack=True)
    assert [(part.name, part.offset, part.length) for part in pack.file_ranges(4, 16)] == [
        ("a", 4, 6),
        ("b", 0, 6),
    ]
    assert sum(part.length for part in pack.file_ranges(0, 20)) == pack.size


# -- Loading ----------------------------------------------------------------------------------------------------------


def test_only_different_files_are_fetched(work):
    work.write("hi.wav", b"same")
    work.write("es.wav", b"old")
    state = synced_state(work)
    api = StubApi(2, entry("hi.wav", b"same"), entry("es.wav", b"new"), entry("fr.wav"))
    plan = plan_load(api, work.folder, state, name="Talk")
    assert sorted(file.path for file in plan.fetch) == ["es.wav", "fr.wav"]
    assert plan.overwritten == ["es.wav"]
    plan.check(overwrite=False)


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
