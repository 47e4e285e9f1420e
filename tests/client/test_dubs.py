from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import zipfile
from pathlib import Path

import pytest

from tests.client.conftest import project, read, write

pytestmark = pytest.mark.slow

GROWING = """
import sys
from dubbing_client import hashing
from dubbing_client.cli.main import main

def hash_growing_file(path, *, hash_file=hashing.hash_file, **options):
    growths = iter([b"more"] if path.name == "talk.mp4" else [])
    def grow(count):
        for data in growths:
            with path.open("ab") as file:
                file.write(data)
    return hash_file(path, **{**options, "on_bytes": grow})

hashing.hash_file = hash_growing_file
sys.exit(main())
"""
"""Run `dubs`; talk.mp4 grows each time it is read."""


def test_a_project_goes_to_the_portal_and_comes_back_byte_for_byte(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    files = project()
    write(work, files)

    first = laptop.told("save", work, "--name", "Talk", "-m", "first")
    assert (first["version"], first["is_new"], len(first["changed"])) == (1, True, len(files))
    assert first["bytes_sent"] == sum(len(data) for data in files.values())

    # Nothing has changed: nothing is sent, no version is made.
    again = laptop.told("save", work)
    assert (again["version"], again["is_new"], again["bytes_sent"]) == (1, False, 0)
    assert "Nothing has changed since version 1 of “Talk”." in laptop.run("save", work).out
    assert laptop.told("diff", work)["same"] == len(files)

    # One file is new, one changed, one gone: that is what moves, however large the rest is.
    write(work, {"out/hi/segment_0000.wav": b"a better take", "out/es/segment_0000.wav": b"hola"})
    (work / "out" / "hi" / "segment_0001.wav").unlink()
    difference = laptop.told("diff", work)
    assert (difference["added"], difference["changed"], difference["missing"]) == (
        ["out/es/segment_0000.wav"],
        ["out/hi/segment_0000.wav"],
        ["out/hi/segment_0001.wav"],
    )
    second = laptop.told("save", work, "-m", "Better takes")
    assert (second["version"], second["removed"]) == (2, ["out/hi/segment_0001.wav"])
    assert second["bytes_sent"] == len(b"a better take") + len(b"hola")

    # On another machine it lies as it lay here.
    server = machine("alice-server")
    loaded = server.told("load", "Talk", tmp_path / "there")
    assert read(tmp_path / "there") == read(work)
    assert loaded["version"] == 2
    assert json.loads((tmp_path / "there" / "metadata.json").read_bytes())["session_name"] == "Talk"
    assert server.told("load", "Talk", tmp_path / "there")["written"] == []
    assert not server.told("diff", tmp_path / "there")["changed"]

    # Back to the first version: only what differs is fetched, and what that version does not know stays.
    back = server.told("load", "Talk", tmp_path / "there", "--version", 1)
    assert [path for path in back["written"] if path != "metadata.json"] == [
        "out/hi/segment_0000.wav",
        "out/hi/segment_0001.wav",
    ]
    assert read(tmp_path / "there") == {**files, "out/es/segment_0000.wav": b"hola"}
    server.told("load", "Talk", tmp_path / "there", "--version", 1, "--delete", "--yes")
    assert read(tmp_path / "there") == files

    # A loaded folder is saved like the one that it came from.
    (tmp_path / "there" / "empty.txt").write_bytes(b"no more")
    server.run("save", tmp_path / "there", code=5)
    server.told("load", "Talk", tmp_path / "there", "--yes")
    (tmp_path / "there" / "empty.txt").write_bytes(b"no more")
    third = server.told("save", tmp_path / "there")
    assert (third["version"], third["changed"]) == (3, ["empty.txt"])
    assert laptop.versions("Talk") == [3, 2, 1]


def test_the_same_bytes_are_sent_once(machine, tmp_path):
    laptop = machine("alice-laptop")
    files = project()
    write(tmp_path / "work", files)
    laptop.told("save", tmp_path / "work", "--name", "Original")
    write(tmp_path / "copy", files)
    copy = laptop.told("save", tmp_path / "copy", "--name", "Copy")
    assert (copy["version"], copy["bytes_sent"]) == (1, 0)
    # A file that was moved is there already.
    (tmp_path / "work" / "conference talk.mp4").rename(tmp_path / "work" / "renamed.mp4")
    moved = laptop.told("save", tmp_path / "work")
    assert (moved["changed"], moved["removed"], moved["bytes_sent"]) == (
        ["renamed.mp4"],
        ["conference talk.mp4"],
        0,
    )


def test_without_a_name_the_session_is_called_after_its_video(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"my talk.mp4": b"video", "out/asr.json": b"{}"})
    assert re.fullmatch(r"my_talk_\d{8}_\d{6}", laptop.told("save", tmp_path / "work")["name"])


def test_two_people_who_save_at_once_lose_nothing(machine, tmp_path):
    one, other = machine("alice-one"), machine("alice-other")
    write(tmp_path / "one", {"talk.mp4": b"video", "a.wav": b"a", "b.wav": b"b", "c.wav": b"c"})
    one.told("save", tmp_path / "one", "--name", "Shared")
    other.told("load", "Shared", tmp_path / "other")

    write(tmp_path / "one", {"a.wav": b"a of one", "new.wav": b"new of one"})
    one.told("save", tmp_path / "one", "-m", "Mine")
    write(tmp_path / "other", {"b.wav": b"b of other"})
    (tmp_path / "other" / "c.wav").unlink()
    told = other.run("save", tmp_path / "other", code=5).said
    assert re.search(
        rf"{one.owner} saved version 2 of “Shared” \(“Mine”\) at 20\S+, and this folder is at version 1\.",
        told,
    )
    assert other.told("save", tmp_path / "other", code=5)["error"]["code"] == "conflict"

    on_top = other.told("save", tmp_path / "other", "--on-top")
    assert (on_top["version"], on_top["changed"], on_top["removed"]) == (3, ["b.wav"], ["c.wav"])
    one.told("load", "Shared", tmp_path / "fresh")
    assert read(tmp_path / "fresh") == {
        "talk.mp4": b"video",
        "a.wav": b"a of one",
        "new.wav": b"new of one",
        "b.wav": b"b of other",
    }
    # What the other folder never had is not gone from it either, not in the next save, and a load brings it.
    write(tmp_path / "other", {"b.wav": b"b again"})
    fourth = other.told("save", tmp_path / "other")
    assert (fourth["changed"], fourth["removed"]) == (["b.wav"], [])
    other.told("load", "Shared", tmp_path / "other")
    assert read(tmp_path / "other") == {**read(tmp_path / "fresh"), "b.wav": b"b again"}


def test_a_folder_that_nobody_knows_adds_to_a_session_and_removes_nothing(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video", "hi.wav": b"hi"})
    laptop.told("save", tmp_path / "work", "--name", "Known")
    write(tmp_path / "part", {"es.wav": b"es"})
    added = laptop.told("save", tmp_path / "part", "--name", "Known")
    assert (added["version"], added["changed"], added["removed"]) == (2, ["es.wav"], [])
    assert laptop.told("info", "Known")["session"]["file_count"] == 3
    write(tmp_path / "whole", {"fr.wav": b"fr"})
    replaced = laptop.told("save", tmp_path / "whole", "--name", "Known", "--replace")
    assert len(replaced["removed"]) == 3
    assert laptop.told("info", "Known")["session"]["file_count"] == 1


def test_local_work_is_never_overwritten_unasked(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video", "hi.wav": b"one", "es.wav": b"es"})
    laptop.told("save", tmp_path / "work", "--name", "Precious")
    write(tmp_path / "work", {"hi.wav": b"two"})
    laptop.told("save", tmp_path / "work")
    # Both takes are in versions: going back and forth asks nobody.
    laptop.told("load", "Precious", tmp_path / "work", "--version", 1)
    laptop.told("load", "Precious", tmp_path / "work", "--version", 2)
    write(tmp_path / "work", {"hi.wav": b"three", "notes.txt": b"mine"})
    refused = laptop.run("load", "Precious", tmp_path / "work", "--version", 1, code=6)
    assert (
        "“hi.wav” would be overwritten, and no version that this folder knows holds it as it is."
        in refused.said
    )
    assert read(tmp_path / "work")["hi.wav"] == b"three"
    laptop.run("load", "Precious", tmp_path / "work", "--delete", code=6)
    laptop.told("load", "Precious", tmp_path / "work", "--version", 1, "--yes")
    assert read(tmp_path / "work") == {
        "talk.mp4": b"video",
        "hi.wav": b"one",
        "es.wav": b"es",
        "notes.txt": b"mine",
    }


def test_a_part_of_a_version_is_loaded_into_a_folder_that_stays_what_it_was(machine, tmp_path):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video", "audio/hi.wav": b"one", "audio/es.wav": b"uno"})
    laptop.told("save", tmp_path / "work", "--name", "Takes")
    write(tmp_path / "work", {"audio/hi.wav": b"two", "audio/es.wav": b"dos"})
    laptop.told("save", tmp_path / "work")

    laptop.told("load", "Takes", tmp_path / "hindi", "--only", "audio,hi")
    assert read(tmp_path / "hindi") == {"audio/hi.wav": b"two"}

    # Hindi from version 1 into version 2: that is a change, which the next save keeps.
    laptop.told("load", "Takes", tmp_path / "work", "--version", 1, "--only", "audio,hi")
    assert read(tmp_path / "work") == {"talk.mp4": b"video", "audio/hi.wav": b"one", "audio/es.wav": b"dos"}
    saved = laptop.told("save", tmp_path / "work")
    assert (saved["version"], saved["removed"]) == (3, [])
    assert "audio/hi.wav" in saved["changed"]
    assert laptop.run("load", "Takes", tmp_path / "work", "--only", "klingon", code=2).said.startswith(
        "dubs: “klingon” is no category, and no language of this version."
    )


def test_the_sessions_own_layout_is_one_to_go_on_in(machine, tmp_path):
    laptop = machine("alice-laptop")
    files = project(small=3)
    write(tmp_path / "work", files)
    laptop.told("save", tmp_path / "work", "--name", "Layouts")
    laptop.told("load", "Layouts", tmp_path / "tree", "--layout", "session")
    tree = read(tmp_path / "tree")
    assert sorted(tree.values()) == sorted(files.values())
    assert "original_video.mp4" in tree
    assert not laptop.told("diff", tmp_path / "tree")["changed"]
    assert laptop.told("save", tmp_path / "tree")["is_new"] is False
    (tmp_path / "tree" / "original_video.mp4").write_bytes(b"recut")
    changed = laptop.told("save", tmp_path / "tree")
    assert (changed["changed"], changed["removed"]) == (["original_video.mp4"], [])
    assert laptop.told("info", "Layouts")["session"]["file_count"] == len(files)


def test_a_zip_goes_out_and_comes_in(machine, tmp_path):
    laptop = machine("alice-laptop")
    files = project()
    write(tmp_path / "work", files)
    laptop.told("save", tmp_path / "work", "--name", "Zipped")
    exported = laptop.told("export", "Zipped", "-o", tmp_path / "talk.zip")
    archive = tmp_path / "talk.zip"
    assert exported["size"] == archive.stat().st_size
    with zipfile.ZipFile(archive) as opened:
        assert opened.testzip() is None
    whole = archive.read_bytes()
    assert laptop.told("export", "Zipped")["file"] == "Zipped_export.zip"
    assert (laptop.folder / "Zipped_export.zip").read_bytes() == whole

    part = laptop.told("export", "Zipped", "-o", tmp_path / "hindi.zip", "--only", "audio,hi")
    assert part["size"] < exported["size"]
    laptop.told("export", "Zipped", "-o", tmp_path / "history.zip", "--history")

    forecast = laptop.run("import", archive, "--dry-run").out
    assert f"{archive} can be imported." in forecast
    laptop.run("import", archive, "--name", "Again")
    laptop.told("load", "Again", tmp_path / "again", "--layout", "session")
    assert sorted(read(tmp_path / "again").values()) == sorted(files.values())

    (tmp_path / "broken.zip").write_bytes(whole[:-10])
    broken = laptop.run("import", tmp_path / "broken.zip", code=1).said
    assert broken.startswith("dubs: ")
    assert laptop.run("import", tmp_path / "missing.zip", code=1).said.endswith("is no file.\n")


def test_sessions_go_to_the_trash(machine, tmp_path):
    laptop = machine("alice-laptop")
    for name in ("Kept", "Old one", "Old two"):
        write(tmp_path / name, {"talk.mp4": name.encode()})
        laptop.told("save", tmp_path / name, "--name", name)
    assert laptop.run("rm", "Old one", code=2).said == (
        "dubs: There is nobody to ask: say --yes to move sessions to the trash.\n"
    )
    # One that is misspelt leaves the others alone.
    assert "There is no session “Old tow”." in laptop.run("rm", "Old one", "Old tow", "--yes", code=4).said
    assert laptop.told("rm", "Old one", "Old two", "--yes")["removed"] == ["Old one", "Old two"]
    names = laptop.run("list", "--names").out.splitlines()
    assert "Kept" in names
    assert not {"Old one", "Old two"} & set(names)
    assert {"Old one", "Old two"} <= set(laptop.run("list", "--trashed", "--names").out.splitlines())
    # Whoever goes on working in the folder is told what became of its session.
    write(tmp_path / "Old one", {"talk.mp4": b"recut"})
    assert "“Old one”" in laptop.run("save", tmp_path / "Old one", code=4).said


def test_signing_in_and_out(machine, tmp_path, portal):
    laptop = machine("bob-laptop")
    token = laptop.environment.pop("DUBS_TOKEN")
    laptop.environment.pop("DUBS_URL")
    assert laptop.run("list", code=3).said == "dubs: You are not signed in to a portal: dubs login URL\n"

    def login(token: str) -> subprocess.CompletedProcess[str]:
        command = [laptop.dubs, "login", portal.address, "--token-stdin"]
        return subprocess.run(
            command, input=f"{token}\n", env=laptop.environment, capture_output=True, text=True, check=False
        )

    assert login("dubs_" + "x" * 43).returncode == 3
    assert login("two words").returncode == 2
    done = login(token)
    assert (done.returncode, done.stdout) == (0, f"Signed in to {portal.address} as {laptop.owner}.\n")
    config = Path(laptop.environment["DUBS_HOME"]) / "config.json"
    assert config.stat().st_mode & 0o777 == 0o600
    assert laptop.told("list")["sessions"] == []
    # What is not Bob's does not exist.
    assert laptop.told("info", "Talk", code=4)["error"]["code"] == "session_not_found"

    assert laptop.told("logout")["revoked"] is True
    assert not config.exists()
    assert login(token).returncode == 3


def test_a_token_that_may_only_read_says_so(machine, tmp_path, portal):
    laptop = machine("alice-laptop")
    write(tmp_path / "work", {"talk.mp4": b"video"})
    laptop.told("save", tmp_path / "work", "--name", "Readable")
    made = portal.manage("create_token", "--owner", laptop.owner, "--name", "reader", "--json")
    laptop.environment["DUBS_TOKEN"] = json.loads(made)["token"]
    laptop.told("load", "Readable", tmp_path / "there")
    assert read(tmp_path / "there") == {"talk.mp4": b"video"}
    (tmp_path / "there" / "talk.mp4").write_bytes(b"recut")
    assert laptop.told("save", tmp_path / "there", code=1)["error"]["code"] == "scope"


def test_a_portal_that_is_away_is_a_sentence(machine):
    laptop = machine("alice-laptop")
    laptop.environment |= {"DUBS_URL": "http://127.0.0.1:9", "DUBS_TRIES": "2"}
    assert laptop.run("list", code=1).said.startswith("dubs: http://127.0.0.1:9 cannot be reached: ")


def test_a_watched_folder_is_saved_stage_by_stage(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": b"video", "transcriptions/original_asr.json": b'{"text": "Hello"}'})
    with laptop.start("watch", work, "--name", "Watched", "--quiet", "0.5", "--json") as process:
        try:
            wait_for(lambda: "Watched" in laptop.run("list", "--names").out.splitlines())
            wait_for(lambda: laptop.versions("Watched") == [1])
            # Notes belong to no stage: once hashed, they wait for the next save.
            write(work, {"notes.log": b"12:00 began"})
            wait_for(lambda: laptop.has_hashed("notes.log"))
            write(work, {"audio/hi_audio.wav": b"namaste", "audio/es_audio.wav": b"hola"})
            wait_for(lambda: laptop.versions("Watched") == [2, 1])
        finally:
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=30)
    assert process.returncode == 0, said
    assert json.loads(out) == {"saved": [1, 2]}
    versions = laptop.told("info", "Watched")["versions"]
    assert [version["message"] for version in versions] == [
        "Audio in es, hi",
        "Original video, transcriptions",
    ]
    assert versions[0]["file_count"] == 5


def test_a_file_that_grows_while_it_is_saved_is_named(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": os.urandom(1000), "hi.wav": b"hi"})
    command = ["save", str(work), "--name", "Growing", "--json"]
    with laptop.start_python("-c", GROWING, *command) as process:
        out, said = process.communicate(timeout=60)
    assert process.returncode == 1, said
    assert json.loads(out)["error"]["code"] == "file_changed"
    assert "talk.mp4" in said
    laptop.told("save", work, "--name", "Growing")
    laptop.told("load", "Growing", tmp_path / "there")
    assert read(tmp_path / "there") == read(work)


def wait_for(is_so, *, timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.2)


def test_what_a_load_left_half_done_is_not_saved_and_does_not_stay(machine, tmp_path):
    laptop = machine("alice-laptop")
    work = tmp_path / "work"
    write(work, {"talk.mp4": b"video"})
    laptop.run("save", work, "--name", "Half")
    part = work / "audio" / f".hi.wav.{'0' * 16}.dubs-part"

    def leave(*, hours: int) -> None:
        write(work, {"audio/" + part.name: b"half"})
        os.utime(part, (time.time() - hours * 3600,) * 2)

    leave(hours=1)
    write(work, {"es.wav": b"hola"})
    assert laptop.told("save", work)["changed"] == ["es.wav"]
    assert part.exists(), "somebody may come back for it"
    leave(hours=25)
    laptop.run("save", work)
    assert not part.exists()
    leave(hours=1)
    laptop.run("load", "Half", work)
    assert not part.exists()
    assert read(work) == {"talk.mp4": b"video", "es.wav": b"hola"}
