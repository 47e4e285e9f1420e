from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.client.conftest import project, read, write
from tests.services.waits import LIMIT
from tests.unit.core.zips.forge import File, forge

pytestmark = pytest.mark.slow

GROWING = """
import sys
from dubbing_client import file_hashes
from dubbing_client.cli.main import main

def hash_growing_file(path, *, hash_file=file_hashes.hash_file, **options):
    growths = iter([b"more"] if path.name == "talk.mp4" else [])
    def grow(count):
        for data in growths:
            with path.open("ab") as file:
                file.write(data)
    return hash_file(path, **{**options, "on_bytes": grow})

file_hashes.hash_file = hash_growing_file
sys.exit(main())
"""
"""Run `dubs`; talk.mp4 grows each time it is read."""


def test_a_project_is_saved_and_loaded_byte_for_byte(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    files = project()
    write(work, files)

    first = laptop.run_json("save", work, "--name", "Talk", "-m", "first")
    assert (first["version"], first["is_new"], len(first["changed"])) == (1, True, len(files))
    assert first["bytes_sent"] == sum(len(data) for data in files.values())

    # Nothing has changed: nothing is sent, no version is created.
    again = laptop.run_json("save", work)
    assert (again["version"], again["is_new"], again["bytes_sent"]) == (1, False, 0)
    assert "Nothing has changed since version 1 of “Talk”." in laptop.run("save", work).out
    assert laptop.run_json("diff", work)["same"] == len(files)

    # One file was added, one changed, one deleted: only these are transferred.
    write(work, {"out/hi/segment_0000.wav": b"a better take", "out/es/segment_0000.wav": b"hola"})
    (work / "out" / "hi" / "segment_0001.wav").unlink()
    difference = laptop.run_json("diff", work)
    assert (difference["added"], difference["changed"], difference["missing"]) == (
        ["out/es/segment_0000.wav"],
        ["out/hi/segment_0000.wav"],
        ["out/hi/segment_0001.wav"],
    )
    words = "1 new: out/es/segment_0000.wav; 1 changed: out/hi/segment_0000.wav; 1 removed"
    assert laptop.run_json("save", work, "--dry-run")["change_summary"] == words
    second = laptop.run_json("save", work, "-m", "Better takes")
    assert laptop.run_json("info", "Talk")["versions"][0]["change_summary"] == words
    assert (second["version"], second["removed"]) == (2, ["out/hi/segment_0001.wav"])
    assert second["bytes_sent"] == len(b"a better take") + len(b"hola")
    compared = laptop.run("diff", "Talk", "v1", "v2").out.splitlines()
    assert [line.split()[:2] for line in compared[:3]] == [
        ["new", "out/es/segment_0000.wav"],
        ["changed", "out/hi/segment_0000.wav"],
        ["removed", "out/hi/segment_0001.wav"],
    ]
    assert laptop.run_json("diff", "Talk", "v2")["files"] == []
    laptop.run("diff", "Talk", "v1", "v9", code=4)

    # On another machine, the files are loaded to the same paths.
    server = machine("alice-server")
    loaded = server.run_json("load", "Talk", tmp_path / "there")
    assert read(tmp_path / "there") == read(work)
    assert loaded["version"] == 2
    assert not (tmp_path / "there" / "metadata.json").exists()
    assert server.run_json("load", "Talk", tmp_path / "there")["written"] == []
    assert not server.run_json("diff", tmp_path / "there")["changed"]

    # Back to the first version: only differences are fetched, and other files stay.
    back = server.run_json("load", "Talk", tmp_path / "there", "--version", 1)
    assert [path for path in back["written"] if path != "metadata.json"] == [
        "out/hi/segment_0000.wav",
        "out/hi/segment_0001.wav",
    ]
    assert read(tmp_path / "there") == {**files, "out/es/segment_0000.wav": b"hola"}
    server.run_json("load", "Talk", tmp_path / "there", "--version", 1, "--delete", "--yes")
    assert read(tmp_path / "there") == files

    # A loaded folder is saved like the original one.
    (tmp_path / "there" / "empty.txt").write_bytes(b"not empty")
    server.run("save", tmp_path / "there", code=5)
    server.run_json("load", "Talk", tmp_path / "there", "--yes")
    (tmp_path / "there" / "empty.txt").write_bytes(b"not empty")
    third = server.run_json("save", tmp_path / "there")
    assert (third["version"], third["changed"]) == (3, ["empty.txt"])
    assert laptop.versions("Talk") == [3, 2, 1]

    # A part of the first version is restored; the rest stays as it is.
    part = ("restore", "Talk", "v1", "--file", "out/hi/segment_0001.wav")
    assert "new        out/hi/segment_0001.wav" in laptop.run(*part, "--dry-run").out
    restored = laptop.run_json(*part)
    assert (restored["number"], restored["change_summary"]) == (4, "1 new: out/hi/segment_0001.wav")


@pytest.mark.variant
@pytest.mark.either_stack
def test_what_was_saved_is_found(machine, portal, tmp_path):
    laptop = machine("alice-laptop")
    cue = "1\n00:01:02,000 --> 00:01:04,000\n{}\n\n"
    lines = "".join(map(cue.format, ("नमस्ते और स्वागत है।", "स्वागत है।")))
    write(tmp_path / "work", {"translations/hi.srt": lines.encode(), "talk.mp4": b"video"})
    laptop.run_json("save", tmp_path / "work", "--name", "Talk", "-m", "Better takes")
    portal.call("read_texts")

    (found,) = laptop.run_json("search", "hindi", "स्वागत", "--lines", 1)["sessions"]
    (line,) = found["lines"]
    assert (line["path"], line["language"], line["start_ms"]) == ("translations/hi.srt", "hi", 62_000)
    assert (found["line_count"], found["has_more_lines"]) == (2, False)
    assert laptop.run("search", "स्वागत", "--lines", 1).out.splitlines() == [
        "Talk",
        "  translations/hi.srt  hi  0:01:02  नमस्ते और स्वागत है।",
        "  and 1 more line",
    ]
    assert "  v1  Better takes" in laptop.run("search", "takes").out.splitlines()
    assert "Nothing contains “nothing like it”." in laptop.run("search", "nothing like it").err


@pytest.mark.variant
@pytest.mark.either_stack
def test_stored_bytes_are_not_sent_again(machine, tmp_path):
    laptop = machine("alice-laptop")
    files = project()
    write(tmp_path / "work", files)
    laptop.run_json("save", tmp_path / "work", "--name", "Original")
    write(tmp_path / "copy", files)
    copy = laptop.run_json("save", tmp_path / "copy", "--name", "Copy")
    assert (copy["version"], copy["bytes_sent"]) == (1, 0)
    # A moved file is stored already.
    (tmp_path / "work" / "conference talk.mp4").rename(tmp_path / "work" / "renamed.mp4")
    moved = laptop.run_json("save", tmp_path / "work")
    assert (moved["changed"], moved["removed"], moved["bytes_sent"]) == (
        ["renamed.mp4"],
        ["conference talk.mp4"],
        0,
    )


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_session_is_named_after_its_video_by_default(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"my talk.mp4": b"video", "out/asr.json": b"{}"})
    assert re.fullmatch(r"my_talk_\d{8}_\d{6}", laptop.run_json("save", tmp_path / "work")["name"])


@pytest.mark.either_stack
def test_saves_on_top_of_each_other_lose_nothing(machine, tmp_path):
    one, other = machine("alice-one"), machine("alice-other")
    write(tmp_path / "one", {"talk.mp4": b"video", "a.wav": b"a", "b.wav": b"b", "c.wav": b"c"})
    one.run_json("save", tmp_path / "one", "--name", "Shared")
    other.run_json("load", "Shared", tmp_path / "other")

    write(tmp_path / "one", {"a.wav": b"a of one", "new.wav": b"new of one"})
    one.run_json("save", tmp_path / "one", "-m", "Retake")
    write(tmp_path / "other", {"b.wav": b"b of other"})
    (tmp_path / "other" / "c.wav").unlink()
    message = other.run("save", tmp_path / "other", code=5).err
    assert re.search(
        rf"{one.owner} saved version 2 of “Shared” \(“Retake”\) at 20\S+, and this folder is at version 1\.",
        message,
    )
    assert other.run_json("save", tmp_path / "other", code=5)["error"]["code"] == "conflict"

    on_top = other.run_json("save", tmp_path / "other", "--on-top")
    assert (on_top["version"], on_top["changed"], on_top["removed"]) == (3, ["b.wav"], ["c.wav"])
    one.run_json("load", "Shared", tmp_path / "fresh")
    assert read(tmp_path / "fresh") == {
        "talk.mp4": b"video",
        "a.wav": b"a of one",
        "new.wav": b"new of one",
        "b.wav": b"b of other",
    }
    # Files that the other folder never contained are not removed by its next save, and a load adds them.
    write(tmp_path / "other", {"b.wav": b"b again"})
    fourth = other.run_json("save", tmp_path / "other")
    assert (fourth["changed"], fourth["removed"]) == (["b.wav"], [])
    other.run_json("load", "Shared", tmp_path / "other")
    assert read(tmp_path / "other") == {**read(tmp_path / "fresh"), "b.wav": b"b again"}


@pytest.mark.variant
@pytest.mark.one_stack
def test_an_unknown_folder_adds_to_a_session_and_removes_nothing(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video", "hi.wav": b"hi"})
    laptop.run_json("save", tmp_path / "work", "--name", "Known")
    write(tmp_path / "part", {"es.wav": b"es"})
    added = laptop.run_json("save", tmp_path / "part", "--name", "Known")
    assert (added["version"], added["changed"], added["removed"]) == (2, ["es.wav"], [])
    assert laptop.run_json("info", "Known")["session"]["file_count"] == 3
    write(tmp_path / "whole", {"fr.wav": b"fr"})
    replaced = laptop.run_json("save", tmp_path / "whole", "--name", "Known", "--replace")
    assert len(replaced["removed"]) == 3
    assert laptop.run_json("info", "Known")["session"]["file_count"] == 1


@pytest.mark.one_stack
def test_unsaved_changes_are_not_overwritten_by_default(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video", "hi.wav": b"one", "es.wav": b"es"})
    laptop.run_json("save", tmp_path / "work", "--name", "Precious")
    write(tmp_path / "work", {"hi.wav": b"two"})
    laptop.run_json("save", tmp_path / "work")
    # Both takes are stored in versions: loads need no confirmation.
    laptop.run_json("load", "Precious", tmp_path / "work", "--version", 1)
    laptop.run_json("load", "Precious", tmp_path / "work", "--version", 2)
    write(tmp_path / "work", {"hi.wav": b"three", "notes.txt": b"own"})
    refused = laptop.run("load", "Precious", tmp_path / "work", "--version", 1, code=6)
    assert (
        "“hi.wav” would be overwritten, and no version known to this folder contains the current content."
        in refused.err
    )
    assert read(tmp_path / "work")["hi.wav"] == b"three"
    laptop.run("load", "Precious", tmp_path / "work", "--delete", code=6)
    laptop.run_json("load", "Precious", tmp_path / "work", "--version", 1, "--yes")
    assert read(tmp_path / "work") == {
        "talk.mp4": b"video",
        "hi.wav": b"one",
        "es.wav": b"es",
        "notes.txt": b"own",
    }


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_partial_load_does_not_change_the_folders_version(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video", "audio/hi.wav": b"one", "audio/es.wav": b"uno"})
    laptop.run_json("save", tmp_path / "work", "--name", "Takes")
    write(tmp_path / "work", {"audio/hi.wav": b"two", "audio/es.wav": b"dos"})
    laptop.run_json("save", tmp_path / "work")

    laptop.run_json("load", "Takes", tmp_path / "hindi", "--only", "audio,hi")
    assert read(tmp_path / "hindi") == {"audio/hi.wav": b"two"}

    # Hindi from version 1 in a folder of version 2 is a change, which the next save includes.
    laptop.run_json("load", "Takes", tmp_path / "work", "--version", 1, "--only", "audio,hi")
    assert read(tmp_path / "work") == {"talk.mp4": b"video", "audio/hi.wav": b"one", "audio/es.wav": b"dos"}
    saved = laptop.run_json("save", tmp_path / "work")
    assert (saved["version"], saved["removed"]) == (3, [])
    assert "audio/hi.wav" in saved["changed"]
    assert laptop.run("load", "Takes", tmp_path / "work", "--only", "klingon", code=2).err.startswith(
        "dubs: “klingon” is neither a category nor a language of this version."
    )


@pytest.mark.either_stack
def test_a_load_returns_exactly_what_was_saved(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(
        work, {"Talk.mp4": b"video", "run.sh": b"#!/bin/sh", "metadata.json": b'{"fps": 25}', "a/b.wav": b"x"}
    )
    (work / "run.sh").chmod(0o755)
    os.utime(work / "Talk.mp4", ns=(1, 1_600_000_000_123_456_789))
    (work / "cache" / "tmp").mkdir(parents=True)
    laptop.run_json("save", work, "--name", "Exact")
    laptop.run_json("load", "Exact", tmp_path / "loaded")
    assert facts_of(tmp_path / "loaded") == facts_of(work)
    assert laptop.run_json("save", tmp_path / "loaded")["is_new"] is False

    # An empty folder alone is a change, and so is its removal.
    (work / "cache" / "tmp").rmdir()
    assert laptop.run_json("save", work)["is_new"] is True
    laptop.run_json("load", "Exact", tmp_path / "again")
    assert facts_of(tmp_path / "again") == facts_of(work)

    # So is the executable bit.
    (work / "run.sh").chmod(0o644)
    assert "  change  run.sh: no longer executable\n" in laptop.run("save", work, "--dry-run").out
    assert laptop.run("diff", work).out == "changed  run.sh\n"
    assert laptop.run_json("save", work)["changed"] == ["run.sh"]
    assert (
        laptop.run_json("info", "Exact")["versions"][0]["change_summary"] == "1 no longer executable: run.sh"
    )
    assert laptop.run_json("load", "Exact", tmp_path / "again")["unchanged"] == 4
    assert facts_of(tmp_path / "again") == facts_of(work)
    assert laptop.run_json("save", tmp_path / "again")["is_new"] is False

    laptop.run_json("export", "Exact", "-o", tmp_path / "saved.zip", "--layout", "saved")
    laptop.run("import", tmp_path / "saved.zip", "--name", "Imported")
    laptop.run_json("load", "Imported", tmp_path / "imported")
    assert facts_of(tmp_path / "imported") == facts_of(work)


def facts_of(folder: Path) -> dict[str, tuple[bytes, int, bool] | None]:
    """Return bytes, modification time and executable bit of each file, and None for each empty folder."""
    facts: dict[str, tuple[bytes, int, bool] | None] = {}
    for place in folder.rglob("*"):
        path, status = place.relative_to(folder).as_posix(), place.stat()
        if place.is_file():
            facts[path] = place.read_bytes(), status.st_mtime_ns, bool(status.st_mode & 0o100)
        elif not any(place.iterdir()):
            facts[path] = None
    return facts


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_folder_in_the_sessions_layout_can_be_saved(machine, tmp_path):
    laptop = machine("alice-laptop")
    files = project(small=3)
    write(tmp_path / "work", files)
    laptop.run_json("save", tmp_path / "work", "--name", "Layouts")
    laptop.run_json("load", "Layouts", tmp_path / "tree", "--layout", "session")
    tree = read(tmp_path / "tree")
    assert sorted(tree.values()) == sorted(files.values())
    assert "original_video.mp4" in tree
    assert not laptop.run_json("diff", tmp_path / "tree")["changed"]
    assert laptop.run_json("save", tmp_path / "tree")["is_new"] is False
    (tmp_path / "tree" / "original_video.mp4").write_bytes(b"recut")
    changed = laptop.run_json("save", tmp_path / "tree")
    assert (changed["changed"], changed["removed"]) == (["original_video.mp4"], [])
    assert laptop.run_json("info", "Layouts")["session"]["file_count"] == len(files)


def test_a_session_is_exported_and_imported(machine, tmp_path):
    laptop = machine("alice-laptop")
    files = project()
    write(tmp_path / "work", files)
    laptop.run_json("save", tmp_path / "work", "--name", "Zipped")
    exported = laptop.run_json("export", "Zipped", "-o", tmp_path / "talk.zip")
    archive = tmp_path / "talk.zip"
    assert exported["size"] == archive.stat().st_size
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
    whole = archive.read_bytes()
    assert laptop.run_json("export", "Zipped")["file"] == "Zipped_export.zip"
    assert (laptop.folder / "Zipped_export.zip").read_bytes() == whole

    part = laptop.run_json("export", "Zipped", "-o", tmp_path / "hindi.zip", "--only", "audio,hi")
    assert part["size"] < exported["size"]
    laptop.run_json("export", "Zipped", "-o", tmp_path / "history.zip", "--history")

    preview = laptop.run("import", archive, "--dry-run").out
    assert f"{archive} can be imported:\n  “talk”: {len(files)} files, " in preview
    assert "    Original video: 1 file, 9.0 MiB" in preview
    imported = laptop.run("import", archive, "--name", "Again").out
    assert imported.startswith(f"Imported “Again”: {len(files)} files, ")
    assert laptop.run("import", archive, "--name", "again", "--silent").out == ""
    laptop.run_json("load", "Again", tmp_path / "again", "--layout", "session")
    assert sorted(read(tmp_path / "again").values()) == sorted(files.values())

    (tmp_path / "broken.zip").write_bytes(whole[:-10])
    broken = laptop.run("import", tmp_path / "broken.zip", code=1).err
    assert broken.startswith("dubs: ")
    assert laptop.run("import", tmp_path / "missing.zip", code=1).err.endswith("is not a file.\n")


@pytest.mark.variant
@pytest.mark.one_stack
def test_names_in_a_code_page_are_imported_with_a_reading(machine, tmp_path):
    laptop = machine("alice-laptop")
    names = ["Проект/перевод.srt", "Проект/озвучка.wav"]
    archive = tmp_path / "Проект.zip"
    archive.write_bytes(forge(*(File(name=name.encode("cp866"), data=name.encode()) for name in names)))

    refused = laptop.run("import", archive, code=1).err
    assert "--reading" in refused
    preview = laptop.run("import", archive, "--dry-run").out
    assert "    --reading cp866: Cyrillic (cp866)" in preview
    assert "      Проект/перевод.srt\n      Проект/озвучка.wav\n" in preview
    imported = laptop.run("import", archive, "--reading", "cp866").out
    assert imported.startswith("Imported “Проект”: 2 files, ")
    laptop.run("load", "Проект", tmp_path / "loaded")
    assert set(read(tmp_path / "loaded")) == {"перевод.srt", "озвучка.wav"}


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_session_is_renamed(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": b"video"})
    laptop.run("save", work, "--name", "Talk")
    laptop.run("rename", "Talk", "Part 1/2: “é”?")
    repeated = laptop.run("rename", "Talk", "Part 1/2: “é”?").out
    assert repeated.endswith("has the new name already. Nothing was changed.\n")
    assert laptop.run("list", "--names").out == "Part 1/2: “é”?\n"
    write(work, {"hi.wav": b"namaste"})
    assert laptop.run_json("save", work)["name"] == "Part 1/2: “é”?"
    laptop.run("load", "Part 1/2: “é”?")
    assert (laptop.folder / "Part 1_2_ “é”_" / "hi.wav").read_bytes() == b"namaste"
    write(tmp_path / "other", {"other.mp4": b"video"})
    laptop.run("save", tmp_path / "other", "--name", "Other")
    taken = laptop.run("rename", "Other", "part 1/2: “É”?", code=1).err
    assert taken == "dubs: There is already a session “part 1/2: “É”?”. “part 1/2: “É”?_2” is free.\n"


@pytest.mark.variant
@pytest.mark.one_stack
def test_labels_are_corrected_while_a_folder_is_worked_on(machine, tmp_path):
    laptop, desktop = machine("alice-laptop"), machine("alice-desktop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": b"video", "takes/1.wav": b"1", "takes/2.wav": b"2"})
    laptop.run("save", work, "--name", "Talk")

    corrected = desktop.run_json(
        "label",
        "Talk",
        "takes/*.wav",
        "--role",
        "voice_reference",
        "--language",
        "hi",
        "--add-language",
        "fr",
    )
    assert (corrected["version"]["number"], corrected["files"]) == (2, ["takes/1.wav", "takes/2.wav"])
    again = desktop.run("label", "Talk", "takes", "--role", "voice_reference").out
    assert again == "Nothing to correct: everything is so already.\n"

    # The folder is at version 1; its next save is no conflict and keeps the labels.
    write(work, {"takes/2.wav": b"a later take", "takes/3.wav": b"3"})
    assert laptop.run_json("save", work)["version"] == 3
    labels = {each["path"]: each for each in laptop.run_json("label", "Talk")["files"]}
    assert [labels[path]["role"] for path in ("talk.mp4", "takes/2.wav")] == ["source", "voice_reference"]
    assert labels["takes/2.wav"]["language"] == "hi"
    assert laptop.run_json("info", "Talk")["session"]["languages"] == ["hi", "fr"]

    spoken = [laptop.run("label", "Talk", "--source-language", tag).out for tag in ("pt_br", "pt-BR", "none")]
    assert spoken == [
        "Corrected “Talk”: version 4, voiced.\n",
        "Nothing to correct: everything is so already.\n",
        "Corrected “Talk”: version 5, voiced.\n",
    ]
    assert laptop.run_json("info", "Talk")["versions"][1]["message"] == "Set the spoken language to pt-BR"


@pytest.mark.variant
@pytest.mark.either_stack
def test_files_and_folders_may_swap_between_versions(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"seg/a.wav": b"1", "notes": b"n"})
    laptop.run("save", work, "--name", "Swap")
    shutil.rmtree(work / "seg")
    (work / "notes").unlink()
    write(work, {"seg": b"s", "notes/one.txt": b"1"})
    laptop.run("save", work)
    write(work, {"notes/unsaved.txt": b"2"})
    plan = laptop.run("load", "Swap", work, "--version", 1, "--dry-run").out
    assert "  delete     notes/one.txt\n  delete     notes/unsaved.txt\n  delete     seg\n" in plan
    laptop.run("load", "Swap", work, "--version", 1, code=6)
    assert (work / "seg").read_bytes() == b"s"
    (work / "notes" / "unsaved.txt").unlink()
    laptop.run("load", "Swap", work, "--version", 1)
    assert read(work) == {"seg/a.wav": b"1", "notes": b"n"}
    assert "0 files removed" in laptop.run("save", work, "--dry-run", "--on-top").out


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_refused_first_save_leaves_no_session(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"a.srt": b"text"})
    assert "invisible character" in laptop.run("save", work, "--name", "a\u202eb", code=2).err
    assert laptop.run("save", work, "--silent").out == ""
    (name,) = laptop.run("list", "--names").out.splitlines()
    assert name.startswith("dubbing_project_")


@pytest.mark.variant
@pytest.mark.one_stack
def test_hidden_folders_are_saved_on_request_and_named_otherwise(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": b"video", ".git/config": b"[core]", ".DS_Store": b"x", "a/.DS_Store": b"x"})
    (work / ".git" / "refs").mkdir()
    sentence = "Left out: .git/ (hidden folder, 1 file, 6 B), .DS_Store (2 system files). Use --hidden to save hidden folders, too.\n"
    assert laptop.run("save", work, "--name", "Hidden", "--dry-run").out.endswith(sentence)
    assert laptop.run("save", work, "--name", "Hidden").err == sentence
    silent = laptop.run("save", work, "--silent")
    assert (silent.out, silent.err) == ("", "")
    assert {"path": ".git/", "reason": "hidden_folder"} in laptop.run_json("save", work)["excluded"]

    assert laptop.run_json("save", work, "--hidden")["changed"] == [".git/config"]
    laptop.run("load", "Hidden", tmp_path / "there", code=7)
    laptop.run("load", "Hidden", tmp_path / "there", "--allow-hidden")
    assert read(tmp_path / "there") == {"talk.mp4": b"video", ".git/config": b"[core]"}
    assert (tmp_path / "there" / ".git" / "refs").is_dir()
    assert laptop.run("diff", tmp_path / "there").err.startswith(
        "Not compared: 1 file that a save leaves out."
    )

    # A save without the option keeps them as they are.
    write(tmp_path / "there", {"talk.mp4": b"recut", ".git/config": b"changed"})
    assert laptop.run_json("save", tmp_path / "there")["changed"] == ["talk.mp4"]
    assert laptop.run_json("diff", tmp_path / "there", "--hidden")["changed"] == [".git/config"]
    laptop.run("save", tmp_path / "there")
    shutil.rmtree(tmp_path / "there" / ".git")
    assert laptop.run_json("save", tmp_path / "there", "--hidden")["removed"] == [".git/config"]


@pytest.mark.variant
@pytest.mark.one_stack
def test_single_sessions_of_a_zip_are_imported_and_renamed(machine, tmp_path):
    laptop = machine("alice-laptop")
    archive = tmp_path / "backup.zip"
    seed = b'{"session_name": "x", "video_name": "talk.mp4", "languages": []}'
    with zipfile.ZipFile(archive, "w") as writing:
        for name in ("one", "two", "three"):
            writing.writestr(f"sessions/{name}/metadata.json", seed)
            writing.writestr(f"sessions/{name}/audio/hi_audio.wav", name)
        writing.writestr("sessions/raw/a.wav", b"raw")
    assert "  Not a session: sessions/raw/ (1 file, 3 B)." in laptop.run("import", archive, "--list").out

    chosen = ["--only", "two", "--only", "sessions/raw", "--rename", "two=Second"]
    preview = laptop.run_json("import", archive, *chosen, "--dry-run")
    assert [session["name"] for session in preview["sessions"]] == ["raw", "Second"]
    laptop.run("import", archive, *chosen)
    assert sorted(laptop.run("list", "--names").out.splitlines()) == ["Second", "raw"]
    laptop.run("import", archive, "--rename", "two=Third")
    assert sorted(laptop.run("list", "--names").out.splitlines()) == [
        "Second",
        "Third",
        "one",
        "raw",
        "three",
    ]
    assert "contains no session “four”" in laptop.run("import", archive, "--only", "four", code=2).err


@pytest.mark.variant
@pytest.mark.one_stack
def test_sessions_are_tagged_starred_and_listed(machine, tmp_path):
    laptop = machine("alice-laptop")
    for name in ("Tagged one", "Tagged two"):
        write(tmp_path / name, {"a.wav": name.encode()})
        laptop.run("save", tmp_path / name, "--name", name)

    changed = laptop.run_json("tag", "Tagged one", "Tagged two", "--add", "Launch day, urgent", "--star")
    assert [session["tags"] for session in changed["sessions"]] == [["Launch day", "urgent"]] * 2
    laptop.run("tag", "Tagged two", "--remove", "LAUNCH DAY", "--unstar")

    assert laptop.run("list", "--tag", "launch day", "--names").out == "Tagged one\n"
    assert laptop.run("list", "--starred", "--names").out == "Tagged one\n"
    assert laptop.run("list", "--stale", "--names").out == ""
    assert laptop.run("tag", "--rename", "urgent", "Final").out == "Renamed the tag “urgent” to “Final”.\n"
    assert [tag["name"] for tag in laptop.run_json("tag")["tags"]] == ["Final", "Launch day"]
    assert laptop.run("tag", "--delete", "final").out == "Deleted the tag “Final”.\n"
    assert "There is no tag “final”" in laptop.run("tag", "--delete", "final", code=4).err
    assert "Give sessions together with" in laptop.run("tag", "Tagged one", code=2).err


@pytest.mark.variant
def test_sessions_are_moved_to_the_trash(machine, tmp_path):
    laptop = machine("alice-laptop")
    for name in ("Current", "Old one", "Old two"):
        write(tmp_path / name, {"talk.mp4": name.encode()})
        laptop.run_json("save", tmp_path / name, "--name", name)
    assert laptop.run("rm", "Old one", code=2).err == (
        "dubs: There is no terminal to ask: use --yes to move sessions to the trash.\n"
    )
    # With one misspelled name, nothing is moved.
    assert "There is no session “Old tow”." in laptop.run("rm", "Old one", "Old tow", "--yes", code=4).err
    assert laptop.run_json("rm", "Old one", "Old two", "--yes")["removed"] == ["Old one", "Old two"]
    names = laptop.run("list", "--names").out.splitlines()
    assert "Current" in names
    assert not {"Old one", "Old two"} & set(names)
    assert {"Old one", "Old two"} <= set(laptop.run("list", "--trashed", "--names").out.splitlines())
    # A save in the folder of a trashed session is an error.
    write(tmp_path / "Old one", {"talk.mp4": b"recut"})
    assert "“Old one”" in laptop.run("save", tmp_path / "Old one", code=4).err

    # From the trash they are restored, or deleted permanently, which frees storage at once.
    assert laptop.run("trash", "--restore", "Old one").out == "Restored “Old one”.\n"
    assert (
        "There is no session “Old one” in the trash."
        in laptop.run("trash", "--delete", "Old one", code=4).err
    )
    assert [row.split("\t")[0] for row in laptop.run("trash").out.splitlines()] == ["Old two"]
    used = laptop.run_json("storage")["used"]
    assert laptop.run("trash", "--delete", "Old two", code=2).err == (
        "dubs: There is no terminal to ask: use --yes to delete permanently.\n"
    )
    freed = laptop.run_json("trash", "--delete", "Old two", "--yes")
    assert (freed["count"], freed["size"]) == (1, len("Old two"))
    storage = laptop.run_json("storage", "--discard-uploads")
    assert (storage["used"], storage["trash"], storage["uploads"]) == (used - freed["size"], 0, 0)
    assert re.search(r"^Previews +\d", laptop.run("storage").out, re.MULTILINE)
    laptop.run("rm", "Old one", "--yes")
    assert "Deleted 1 session permanently, 7 B." in laptop.run("trash", "--empty", "--yes").out


@pytest.mark.one_stack
def test_login_and_logout(machine, tmp_path, portal):
    laptop = machine("bob-laptop")
    token = laptop.environment.pop("DUBS_TOKEN")
    laptop.environment.pop("DUBS_URL")
    assert laptop.run("list", code=3).err == "dubs: You are not signed in to a portal: dubs login URL\n"

    def login(token: str) -> subprocess.CompletedProcess[str]:
        command = [laptop.server.dubs, "login", portal.address, "--token-stdin"]
        return subprocess.run(
            command, input=f"{token}\n", env=laptop.environment, capture_output=True, text=True, check=False
        )

    assert login("dubs_" + "x" * 43).returncode == 3
    assert login("two words").returncode == 2
    done = login(token)
    assert (done.returncode, done.stdout) == (0, f"Signed in to {portal.address} as {laptop.owner}.\n")
    config = Path(laptop.environment["DUBS_HOME"]) / "config.json"
    assert config.stat().st_mode & 0o777 == 0o600
    assert laptop.run_json("list")["sessions"] == []
    # Sessions of other users do not exist for Bob.
    assert laptop.run_json("info", "Talk", code=4)["error"]["code"] == "session_not_found"

    assert laptop.run_json("logout")["revoked"] is True
    assert not config.exists()
    assert login(token).returncode == 3


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_read_only_token_cannot_save(machine, tmp_path, portal):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video"})
    laptop.run_json("save", tmp_path / "work", "--name", "Readable")
    made = portal.manage("create_token", "--owner", laptop.owner, "--name", "reader", "--json")
    laptop.environment["DUBS_TOKEN"] = json.loads(made)["token"]
    laptop.run_json("load", "Readable", tmp_path / "there")
    assert read(tmp_path / "there") == {"talk.mp4": b"video"}
    (tmp_path / "there" / "talk.mp4").write_bytes(b"recut")
    assert laptop.run_json("save", tmp_path / "there", code=1)["error"]["code"] == "scope"


@pytest.mark.one_stack
def test_an_unavailable_portal_is_an_error(machine):
    laptop = machine("alice-laptop")
    laptop.environment |= {"DUBS_URL": "http://127.0.0.1:9", "DUBS_TRIES": "2"}
    assert laptop.run("list", code=1).err.startswith("dubs: http://127.0.0.1:9 cannot be reached: ")


@pytest.mark.one_stack
def test_a_watched_folder_is_saved_stage_by_stage(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": b"video", "transcriptions/original_asr.json": b'{"text": "Hello"}'})
    laptop.environment["PYTHONUNBUFFERED"] = "1"
    with laptop.start("watch", work, "--name", "Watched", "--quiet", "0.5") as process:
        try:
            assert process.stdout.readline().startswith("Saved version 1 of “Watched” ")
            # Notes belong to no stage: they wait for the next save.
            write(work, {"notes.log": b"12:00 began"})
            # At once, or the watcher may save the first one before this process writes the second.
            write(tmp_path, {"audio/hi_audio.wav": b"namaste", "audio/es_audio.wav": b"hola"})
            (tmp_path / "audio").rename(work / "audio")
            assert process.stdout.readline().startswith("Saved version 2 of “Watched” ")
        finally:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=LIMIT)
    assert (process.returncode, out) == (130, "Stopped. 2 versions were saved.\n"), err
    with laptop.start("watch", work, "--json") as process:
        assert process.stderr.readline().endswith("Press Ctrl-C to stop.\n")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=LIMIT)
    assert json.loads(out) == {"saved": [], "versions": []}, err
    assert laptop.versions("Watched") == [2, 1]
    versions = laptop.run_json("info", "Watched")["versions"]
    assert [version["message"] for version in versions] == [
        "Audio in es, hi",
        "Original video, transcriptions",
    ]
    assert versions[0]["file_count"] == 5


@pytest.mark.variant
@pytest.mark.one_stack
def test_a_file_that_grows_while_it_is_saved_is_an_error(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": os.urandom(1000), "hi.wav": b"hi"})
    command = ["save", str(work), "--name", "Growing", "--json"]
    with laptop.start_python("-c", GROWING, *command) as process:
        out, err = process.communicate(timeout=LIMIT)
    assert process.returncode == 1, err
    assert json.loads(out)["error"]["code"] == "file_changed"
    assert "talk.mp4" in err
    laptop.run_json("save", work, "--name", "Growing")
    laptop.run_json("load", "Growing", tmp_path / "there")
    assert read(tmp_path / "there") == read(work)


@pytest.mark.variant
@pytest.mark.one_stack
def test_abandoned_part_files_are_not_saved_and_are_deleted(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": b"video"})
    laptop.run("save", work, "--name", "Half")
    part = work / "audio" / f".hi.wav.{'0' * 16}.dubs-part"

    def create_part(*, hours: int) -> None:
        write(work, {"audio/" + part.name: b"half"})
        os.utime(part, (time.time() - hours * 3600,) * 2)

    create_part(hours=1)
    write(work, {"es.wav": b"hola"})
    assert laptop.run_json("save", work)["changed"] == ["es.wav"]
    assert part.exists(), "it may be resumed"
    create_part(hours=25)
    laptop.run("save", work)
    assert not part.exists()
    create_part(hours=1)
    laptop.run("load", "Half", work)
    assert not part.exists()
    assert read(work) == {"talk.mp4": b"video", "es.wav": b"hola"}
