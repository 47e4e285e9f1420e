"""Plans of saves. The API is a stub without a network."""

from __future__ import annotations

import pytest
from stub_api import StubApi, entry, sha, synced_state

from dubbing_client.errors import ConflictError, FolderError, NotFoundError
from dubbing_client.file_hashes import hash_folder
from dubbing_client.save_plan import plan_save
from dubbing_client.save_preview import preview_save
from dubbing_client.state import Base


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
        "Both changed “hi.wav”: a save on top replaces this file. Load that version first, or save on top of it with --on-top."
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
