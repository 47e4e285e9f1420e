"""Names that a system cannot hold, and those that no session can represent."""

from __future__ import annotations

import json
import os
import sys

import pytest

from dubbing_client.api import Api
from dubbing_client.folder import Folder
from dubbing_client.load_plan import plan_load
from dubbing_client.loader import LoadResult, load
from dubbing_client.save_plan import plan_save
from dubbing_client.saver import SaveResult, save
from dubbing_client.state import State
from dubbing_core.name_mapping import MACOS, WINDOWS, NameRules
from tests.client.conftest import read, write

pytestmark = [
    pytest.mark.slow,
    pytest.mark.one_stack,
    pytest.mark.skipif(sys.platform != "linux", reason="other systems reject some of these names"),
]

NAMES = [
    "seg/00:01:00.wav",
    "seg/notes. ",
    "aux/con.txt",
    "aux.srt",
    "HI.wav",
    "hi.wav",
    "caf\u00e9.wav",
    "cafe\u0301.wav",
    "\u202egpj.txt",
    "a\\b.txt",
    "new\nline.txt",
    "n" * 251 + ".txt",
]
FILES = {name: f"{number}".encode() for number, name in enumerate(NAMES)}
ON_WINDOWS = {
    "seg/00:01:00.wav": "seg/00_01_00.wav",
    "seg/notes. ": "seg/notes__",
    "aux/con.txt": "aux_/con_.txt",
    "aux.srt": "aux_.srt",
    "hi.wav": "hi_2.wav",
    "a\\b.txt": "a_b.txt",
    "new\nline.txt": "new_line.txt",
}
ON_MACOS = {"hi.wav": "hi_2.wav", "caf\u00e9.wav": "caf\u00e9_2.wav"}


def save_folder(api: Api, folder: Folder, *, name: str = "") -> SaveResult:
    state = State.read(api.url, folder)
    return save(api, plan_save(api, folder, state, name=name), state)


def load_into(api: Api, folder: Folder, *, delete: bool = False) -> LoadResult:
    state = State.read(api.url, folder)
    plan = plan_load(api, folder, state, name="Names", delete=delete)
    return load(api, plan, state, overwrite=delete, allow_invisible=True)


def paths_of(api: Api, result: SaveResult) -> set[str]:
    return {entry["path"] for entry in api.manifest(result.session, result.version)["entries"]}


@pytest.mark.parametrize(
    ("rules", "names"),
    [(WINDOWS, ON_WINDOWS), pytest.param(MACOS, ON_MACOS, marks=pytest.mark.variant)],
)
def test_files_keep_their_saved_names_on_systems_that_cannot_hold_them(
    api, tmp_path, rules: NameRules, names: dict[str, str]
):
    work, other = tmp_path / "work", tmp_path / "other"
    write(work, FILES)
    (work / "aux" / "empty").mkdir()
    save_folder(api, Folder(work), name="Names")
    other.mkdir()
    loaded = load_into(api, Folder(other, rules=rules))
    local = {names.get(path, path): data for path, data in FILES.items()}
    assert read(other) == local
    assert dict(loaded.renamed) == {path: saved for saved, path in names.items()}
    folder = names.get("aux/con.txt", "aux/con.txt").partition("/")[0]
    assert (other / folder / "empty").is_dir()

    assert save_folder(api, Folder(other, rules=rules)).is_new is False
    assert load_into(api, Folder(other, rules=rules), delete=True).deleted == ()
    changed = names["hi.wav"]
    write(other, {changed: b"changed", f"{folder}/new.wav": b"new"})
    (other / names.get("aux.srt", "aux.srt")).unlink()
    saved = save_folder(api, Folder(other, rules=rules))
    assert paths_of(api, saved) == {*NAMES, "aux/new.wav"} - {"aux.srt"}
    (other / folder / "new.wav").unlink()
    assert paths_of(api, save_folder(api, Folder(other, rules=rules))) == {*NAMES} - {"aux.srt"}

    load_into(api, Folder(work), delete=True)
    assert read(work) == {
        path: b"changed" if path == "hi.wav" else data for path, data in FILES.items() if path != "aux.srt"
    }
    assert (work / "aux" / "empty").is_dir()


def test_a_part_is_loaded_to_the_same_names_as_the_whole(api, tmp_path):
    work = tmp_path / "work"
    write(work, {"audio/HI.wav": b"1", "translations/HI.srt": b"2", "translations/hi.srt": b"3"})
    save_folder(api, Folder(work), name="Names")
    (tmp_path / "other").mkdir()
    folder = Folder(tmp_path / "other", rules=WINDOWS)
    for only in (["audio"], ["translations"], []):
        state = State.read(api.url, folder)
        load(api, plan_load(api, folder, state, name="Names", only=only), state)
    assert read(folder.path) == {
        "audio/HI.wav": b"1",
        "translations/HI.srt": b"2",
        "translations/hi_2.srt": b"3",
    }


def test_names_are_saved_and_loaded_as_they_are(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, FILES)
    laptop.run("save", work, "--name", "Names")
    laptop.run("load", "Names", work)
    assert laptop.run_json("save", work)["is_new"] is False
    laptop.run("load", "Names", tmp_path / "loaded", "--allow-invisible")
    assert read(tmp_path / "loaded") == read(work) == FILES


def test_what_no_session_can_represent_is_left_out_on_request_only(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"hi.srt": b"text"})
    for number in range(30):
        (work / os.fsdecode(b"caf\xe9 %02d.wav" % number)).write_bytes(b"x")

    error = laptop.run("save", work, "--name", "Left out", code=7).err
    assert error.startswith(
        "dubs: 30 names cannot be saved. Rename, or save without: --skip-unrepresentable."
    )
    assert "“caf⟦U+DCE9⟧ 19.wav” is not valid Unicode." in error
    assert "“caf⟦U+DCE9⟧ 20.wav”" not in error
    assert error.endswith("And 10 more.\n")
    assert laptop.run("list", "--names").out == ""
    plan = laptop.run_json("save", work, "--dry-run")
    assert (plan["new"], len(plan["unrepresentable"])) == (["hi.srt"], 30)

    saved = laptop.run("save", work, "--name", "Left out", "--skip-unrepresentable")
    assert "“Left out” (4 B, 30 files left out, 4 B sent). 1 new: " in saved.out
    assert "Left out: “caf⟦U+DCE9⟧ 00.wav” is not valid Unicode.\n" in saved.err
    assert "10 more were left out." in saved.err
    info = laptop.run_json("info", "Left out")
    left_out = info["versions"][0]["left_out"]
    assert (left_out["count"], len(left_out["files"])) == (30, 30)
    assert left_out["files"][0] == {
        "path": "caf⟦U+DCE9⟧ 00.wav",
        "code": "path_encoding",
        "reason": "is not valid Unicode",
    }
    assert "1 file, 30 left out" in laptop.run("info", "Left out").out
    document = laptop.run_json("save", work, "--skip-unrepresentable")
    assert (document["is_new"], len(document["left_out"])) == (False, 30)

    # A copy by an export of all versions knows what they lack.
    laptop.run("export", "Left out", "-o", tmp_path / "all.zip", "--history")
    laptop.run("import", tmp_path / "all.zip", "--name", "Copy")
    assert laptop.run_json("info", "Copy")["versions"][0]["left_out"] == left_out


def test_a_folder_with_nothing_but_such_names_is_not_saved(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {os.fsdecode(b"\xe9.wav"): b"x"})
    result = laptop.run("save", tmp_path / "work", "--skip-unrepresentable", "--json", code=1)
    assert json.loads(result.out)["error"]["message"].startswith("There is nothing to save")
    assert laptop.run("list", "--names").out == ""


def test_a_decomposed_name_is_loaded_into_its_folder_and_saved_again(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "nfd"
    write(work, {"seg/cafe\u0301.wav": b"R"})
    laptop.run("save", work, "--name", "Decomposed")
    laptop.run("load", "Decomposed", work)
    assert read(work) == {"seg/cafe\u0301.wav": b"R"}
    write(work, {"x.txt": b"x"})
    assert laptop.run_json("save", work)["changed"] == ["x.txt"]
