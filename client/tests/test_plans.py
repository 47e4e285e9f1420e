"""What is decided before anything is sent or written. The API here answers from a dictionary; nothing goes over a wire."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.errors import ConflictError, FolderError, LocalChangesError, NotFoundError, UsageError
from dubbing_client.folder import Stat
from dubbing_client.hashing import hashes
from dubbing_client.load_plan import files_of, plan_load
from dubbing_client.loading import load
from dubbing_client.save_plan import plan_save
from dubbing_client.selection import Selection
from dubbing_client.sending import LocalFile, Shipment, packed
from dubbing_client.state import Base


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def entry(
    path: str, data: bytes = b"data", *, source: str = "", category: str = "audio", language: str = "hi"
):
    return {
        "path": path,
        "origin": source,
        "size": len(data),
        "sha256": sha(data),
        "crc32": "00000000",
        "category": category,
        "language": language,
        "added_in": 1,
    }


class Told(Api):
    """A portal's answers, as far as plans ask for any; another call has no wire to go through."""

    def __init__(self, version: int = 1, *entries: Any) -> None:
        self.current = {"code": "c0de", "name": "Talk", "version": version, "trashed_at": None}
        self.entries = list(entries)
        self.asked: list[str] = []

    def session(self, code: str) -> Any:
        if code != "c0de":
            raise NotFoundError("Not here.", status=404, code="not_found")
        return self.current

    def session_named(self, name: str) -> Any:
        return self.current if name == "Talk" else None

    def need_session(self, name: str) -> Any:
        return self.current

    def version(self, code: str, number: int) -> Any:
        return {"number": number, "created_by": "Bob", "message": "His", "created_at": "2026-01-02T03:04:05Z"}

    def manifest(self, code: str, number: int) -> Any:
        self.asked.append("manifest")
        document = {"size": 4, "sha256": sha(b"meta")}
        return {"version": number, "fingerprint": "f", "entries": self.entries, "metadata": document}


def in_step(work, *, version: int = 1):
    """The folder's state after it was saved or loaded as it is now."""
    state = work.state()
    state.base = Base(session="c0de", name="Talk", version=version)
    state.known = {path: sha256 for path, _, sha256 in hashes(work.folder, work.folder.listing(), state)}
    state.save()
    return state


# -- Saving -----------------------------------------------------------------------------------------------------------


def test_an_unchanged_folder_asks_for_the_session_alone(work):
    work.write("hi.wav")
    state = in_step(work)
    api = Told(1, entry("audio/hi.wav", source="hi.wav"))
    plan = plan_save(api, work.folder, state)
    assert (plan.parent, plan.removed, api.asked) == (1, [], [])


def test_what_vanished_is_removed_by_its_name_in_the_session(work):
    gone = work.write("hi.wav")
    work.write("talk.mp4")
    state = in_step(work)
    gone.unlink()
    plan = plan_save(Told(1, entry("audio/hi.wav", source="hi.wav")), work.folder, state)
    assert plan.removed == ["audio/hi.wav"]
    assert plan.vanished == ["hi.wav"]


def test_metadata_and_what_is_ignored_by_now_do_not_vanish(work):
    work.write("talk.mp4")
    state = in_step(work)
    state.known = {**state.known, "metadata.json": sha(b"x"), ".git/config": sha(b"y")}
    plan = plan_save(Told(1, entry("talk.mp4")), work.folder, state)
    assert plan.removed == []


def test_a_folder_that_nobody_knows_removes_nothing(work):
    work.write("talk.mp4")
    api = Told(4, entry("talk.mp4"), entry("audio/hi.wav", source="hi.wav"))
    plan = plan_save(api, work.folder, work.state(), name="Talk")
    assert (plan.parent, plan.removed) == (4, [])
    plan = plan_save(api, work.folder, work.state(), name="Talk", replace=True)
    assert plan.removed == ["audio/hi.wav"]


def test_somebody_elses_version_stops_a_save_of_changes(work):
    work.write("hi.wav")
    state = in_step(work, version=1)
    work.write("hi.wav", b"mine", mtime_ns=1_700_000_005_000_000_005)
    with pytest.raises(ConflictError) as caught:
        plan_save(Told(2, entry("hi.wav")), work.folder, state)
    assert str(caught.value) == (
        "Bob saved version 2 of “Talk” (“His”) at 2026-01-02T03:04:05Z, and this folder is at version 1. "
        "Load that version first, or save on top of it with --on-top."
    )
    assert (caught.value.current, caught.value.exit_code) == (2, 5)


def test_somebody_elses_version_stops_nobody_who_has_nothing_to_save(work):
    work.write("hi.wav")
    plan = plan_save(Told(2, entry("hi.wav")), work.folder, in_step(work, version=1))
    assert plan.is_rebase


def test_on_top_removes_neither_what_is_new_there_nor_what_was_changed_there(work):
    for path in ("mine.wav", "theirs.wav", "talk.mp4"):
        work.write(path)
    state = in_step(work, version=1)
    (work.path / "mine.wav").unlink()
    (work.path / "theirs.wav").unlink()
    api = Told(
        2, entry("mine.wav"), entry("theirs.wav", b"changed by Bob"), entry("new.wav"), entry("talk.mp4")
    )
    plan = plan_save(api, work.folder, state, on_top=True)
    assert plan.parent == 2
    assert plan.removed == ["mine.wav"]


def test_a_folder_whose_session_is_gone_says_so(work):
    work.write("hi.wav")
    state = in_step(work)
    state.base = Base(session="g0ne", name="Talk", version=1)
    with pytest.raises(NotFoundError, match="“Talk”") as caught:
        plan_save(Told(), work.folder, state)
    assert caught.value.exit_code == 4


def test_an_empty_folder_makes_no_session(work):
    with pytest.raises(FolderError, match="nothing to save"):
        plan_save(Told(), work.folder, work.state(), name="New")


def local(path: str, size: int) -> LocalFile:
    return LocalFile(path, path, Stat(size, 0, 0, 0), sha(path.encode()))  # type: ignore[arg-type]


def test_small_files_travel_together_the_same_way_each_time():
    files = [local(f"{number:04}.wav", 40) for number in range(10)]
    shipments = packed(files[::-1], small=100, target=120)
    assert [[file.path for file in each.files] for each in shipments] == [
        ["0000.wav", "0001.wav", "0002.wav"],
        ["0003.wav", "0004.wav", "0005.wav"],
        ["0006.wav", "0007.wav", "0008.wav"],
        ["0009.wav"],
    ]
    assert packed(files, small=100, target=120) == shipments


def test_large_files_travel_alone_and_a_pack_has_2000_files_at_most():
    shipments = packed(
        [local("big", 100), *(local(str(number), 0) for number in range(2001))], small=100, target=50
    )
    assert [(each.is_pack, len(each.files)) for each in shipments] == [(False, 1), (True, 2000), (True, 1)]


def test_a_part_of_a_pack_is_made_of_its_files_ranges():
    pack = Shipment((local("a", 10), local("empty", 0), local("b", 10)), is_pack=True)
    assert [(piece.name, piece.offset, piece.length) for piece in pack.pieces(4, 16)] == [
        ("a", 4, 6),
        ("b", 0, 6),
    ]
    assert sum(piece.length for piece in pack.pieces(0, 20)) == pack.size


# -- Loading ----------------------------------------------------------------------------------------------------------


def test_only_what_differs_is_fetched(work):
    work.write("hi.wav", b"same")
    work.write("es.wav", b"old")
    state = in_step(work)
    api = Told(2, entry("hi.wav", b"same"), entry("es.wav", b"new"), entry("fr.wav"))
    plan = plan_load(api, work.folder, state, name="Talk")
    assert sorted(file.path for file in plan.fetch) == ["es.wav", "fr.wav", "metadata.json"]
    assert plan.overwritten == ["es.wav"]
    plan.check(overwrite=False)


def test_work_that_no_version_has_is_not_overwritten_unasked(work):
    place = work.write("hi.wav", b"my own take")
    api = Told(1, entry("hi.wav", b"his"))
    state = work.state()
    plan = plan_load(api, work.folder, state, name="Talk")
    with pytest.raises(LocalChangesError) as caught:
        load(api, plan, state)
    assert "“hi.wav” would be overwritten, and no version that this folder knows holds it as it is." in str(
        caught.value
    )
    assert (caught.value.exit_code, place.read_bytes()) == (6, b"my own take")


def test_what_the_version_does_not_know_is_only_deleted_when_asked(work):
    work.write("notes.txt")
    work.write("hi.wav", b"same")
    api = Told(1, entry("hi.wav", b"same"))
    state = work.state()
    assert plan_load(api, work.folder, state, name="Talk").unknown == []
    plan = plan_load(api, work.folder, state, name="Talk", delete=True)
    assert plan.unknown == ["notes.txt"]
    with pytest.raises(LocalChangesError, match=r"“notes\.txt” would be deleted"):
        plan.check(overwrite=False)
    with pytest.raises(UsageError, match="--delete and --only"):
        plan_load(api, work.folder, state, name="Talk", delete=True, only=["audio"])


def test_a_selection_takes_categories_and_languages(work):
    entries = [
        entry("audio/hi.wav"),
        entry("audio/es.wav", language="es"),
        entry("audio/music.wav", language=""),
        entry("final_videos/hi.mp4", category="final_videos"),
    ]
    manifest = Told(1, *entries).manifest("c0de", 1)

    def chosen(*names: str) -> list[str]:
        found = files_of(work.folder, manifest, selection=Selection.of(names))
        assert found.pop().path == "metadata.json"
        return [file.path for file in found]

    assert chosen("audio", "hi") == ["audio/hi.wav", "audio/music.wav"]
    assert chosen("es") == ["audio/es.wav", "audio/music.wav"]
    assert chosen() == [each["path"] for each in entries]
    with pytest.raises(UsageError, match="“klingon” is no category, and no language of this version"):
        plan_load(Told(1, *entries), work.folder, work.state(), name="Talk", only=["klingon"])


def test_files_lie_where_they_were_saved_from_or_in_the_sessions_tree(work):
    manifest = Told(1, entry("audio/hi.wav", source="out/hi.wav")).manifest("c0de", 1)
    saved = files_of(work.folder, manifest, selection=Selection())
    assert [(file.path, file.remote) for file in saved] == [
        ("out/hi.wav", "audio/hi.wav"),
        ("metadata.json", ""),
    ]
    tree = files_of(work.folder, manifest, selection=Selection(), layout="session")
    assert tree[0].path == "audio/hi.wav"


def test_files_that_lay_at_one_place_in_two_folders_lie_in_the_sessions_tree(work):
    entries = [entry("audio/hi.wav", source="out/hi.wav"), entry("audio/hi_2.wav", source="Out/HI.wav")]
    manifest = Told(1, *entries).manifest("c0de", 1)
    assert [file.path for file in files_of(work.folder, manifest, selection=Selection())][:2] == [
        "audio/hi.wav",
        "audio/hi_2.wav",
    ]
    clash = [*entries, entry("other/x", source="audio/hi.wav")]
    with pytest.raises(FolderError, match="would be one file"):
        files_of(work.folder, Told(1, *clash).manifest("c0de", 1), selection=Selection())


@pytest.mark.parametrize("path", ["../x", "/x", "a/../../x"])
def test_a_version_cannot_write_outside_of_the_folder(work, path):
    with pytest.raises(FolderError, match="would leave the folder"):
        plan_load(Told(1, entry("audio/hi.wav", source=path)), work.folder, work.state(), name="Talk")


def test_folders_and_links_in_the_way_are_left_alone(work, tmp_path):
    work.write("hi.wav/inner")
    with pytest.raises(FolderError, match="is a folder here"):
        plan_load(Told(1, entry("hi.wav")), work.folder, work.state(), name="Talk")
    (tmp_path / "precious").write_text("mine")
    (work.path / "es.wav").symlink_to(tmp_path / "precious")
    with pytest.raises(FolderError, match="is a link or no file"):
        plan_load(Told(1, entry("es.wav")), work.folder, work.state(), name="Talk")
    work.write("file")
    with pytest.raises(FolderError, match="a folder on its way is a file or a link"):
        plan_load(Told(1, entry("file/x")), work.folder, work.state(), name="Talk")


def test_nothing_was_saved_yet(work):
    with pytest.raises(NotFoundError, match="Nothing was saved in “Talk” yet"):
        plan_load(Told(0), work.folder, work.state(), name="Talk")
    with pytest.raises(UsageError, match="This folder is no session's yet"):
        plan_load(Told(1), work.folder, work.state())
