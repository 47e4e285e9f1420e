from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dubbing_client import exclusion_report
from dubbing_client.errors import FolderError
from dubbing_client.exclusion_report import report_exclusions
from dubbing_client.folder import Folder
from dubbing_client.name_probe import probe_rules
from dubbing_core.name_mapping import LINUX, WINDOWS

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need privileges on Windows")


def test_system_files_and_hidden_folders_are_excluded_by_name(work):
    for path in (
        "talk.mp4",
        "audio/hi.wav",
        ".pipeline.json",
        ".DS_Store",
        "audio/Thumbs.db",
        "__MACOSX/audio/x",
        ".git/config",
        "audio/.cache/x",
        "audio/.hi.wav.0123456789abcdef.dubs-part",
        "audio/take.dubs-part",
    ):
        work.write(path)
    assert work.listed() == [".pipeline.json", "audio/hi.wav", "audio/take.dubs-part", "talk.mp4"]
    assert report_exclusions(work.folder.listing().excluded, work.path) == (
        "Left out: audio/.cache/ (hidden folder, 1 file, 4 B), .git/ (hidden folder, 1 file, 4 B), .DS_Store (system file), "
        "audio/Thumbs.db (system file), __MACOSX/ (system folder, 1 file, 4 B) and 1 more. Use --hidden to save hidden folders, too."
    )


def test_hidden_folders_are_listed_on_request(work):
    for path in ("talk.mp4", ".git/config", "a/.cache/.DS_Store", "a/.dubbing/x", ".dubbing/manifest.json"):
        work.write(path)
    listing = work.folder.listing(include_hidden=True)
    assert sorted(listing.files) == [".git/config", "a/.dubbing/x", "talk.mp4"]
    assert report_exclusions(listing.excluded, work.path) == (
        "Left out: a/.cache/.DS_Store (system file), .dubbing/ (export folder, 1 file, 4 B)."
    )
    assert listing.covers(".git/HEAD")
    assert not listing.covers(".dubbing/x")


def test_files_of_folders_that_are_left_out_are_counted_up_to_a_limit(work, monkeypatch):
    monkeypatch.setattr(exclusion_report, "COUNT_LIMIT", 3)
    for path in (".a/1", ".a/x/2", ".a/x/y/3", "b/.c/1", "b/.c/2"):
        work.write(path)
    (work.path / "d" / ".c").mkdir(parents=True)

    def report() -> str:
        return report_exclusions(work.folder.listing().excluded, work.path).partition(" Use")[0]

    assert report() == "Left out: .a/ (hidden folder, 3 files, 12 B), .c/ (2 hidden folders, 2 files, 8 B)."
    work.write(".a/x/4")
    (work.path / "b" / ".c").rename(work.path / "b" / "c")
    assert report() == "Left out: .a/ (hidden folder, more than 3 files), d/.c/ (hidden folder, empty)."


@pytest.mark.parametrize(
    "path", [".git/config", "a/.venv/b", "audio/.DS_Store", "__MACOSX/x", ".x.0123456789abcdef.dubs-part"]
)
def test_excluded_files_never_count_as_removed(work, path):
    assert not work.folder.listing().covers(path)


@needs_links
def test_links_within_the_folder_are_listed_and_others_skipped(work, tmp_path):
    work.write("takes/hi_2.wav", b"take two")
    (tmp_path / "secret").write_text("secret")
    (work.path / "hi.wav").symlink_to("takes/hi_2.wav")
    (work.path / "out").symlink_to(tmp_path / "secret")
    (work.path / "loop").symlink_to(work.path)
    (work.path / "broken").symlink_to("nowhere")
    os.mkfifo(work.path / "pipe")
    listing = work.folder.listing()
    assert sorted(listing.files) == ["hi.wav", "takes/hi_2.wav"]
    assert listing.files["hi.wav"] == listing.files["takes/hi_2.wav"]
    assert sorted(listing.skipped) == ["broken", "loop", "out", "pipe"]
    assert not listing.covers("loop/takes/hi_2.wav")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems reject some of these names")
def test_names_are_listed_as_they_are_spelled(work):
    names = [
        "caf\u00e9.wav",
        "cafe\u0301.wav",
        "00:01:00.wav",
        "aux.srt",
        "HI.wav",
        "hi.wav",
        "notes. ",
        "a\\b.wav",
    ]
    for name in names:
        work.write(name)
    assert sorted(work.folder.listing().files) == sorted(names)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems reject such names")
def test_paths_that_a_session_cannot_represent_are_listed_apart(work):
    work.write("hi.wav")
    work.write(os.fsdecode(b"caf\xe9/take.wav"))
    (work.path / os.fsdecode(b"empty \xe9") / "temp").mkdir(parents=True)
    deep = "/".join(["n" * 200] * 6)
    place = work.path
    for name in deep.split("/"):
        place /= name
        place.mkdir()
    listing = work.folder.listing()
    assert list(listing.files) == ["hi.wav"]
    assert listing.empty_folders == []
    assert {error.path: error.code for error in listing.find_unrepresentable()} == {
        "caf\udce9/take.wav": "path_encoding",
        "empty \udce9/temp": "path_encoding",
        deep: "path_too_long",
    }


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_an_unreadable_folder_is_not_treated_as_empty():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        (Path(name) / "audio").mkdir(0)
        with unprivileged(), pytest.raises(FolderError, match="cannot be read"):
            Folder(Path(name)).listing()


@contextmanager
def unprivileged() -> Iterator[None]:
    """Drop root's privileges, which allow reading everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a//b",
        "./a",
        "",
        "a\0b",
        "\ud800",
        "a" * 256,
    ],
)
def test_invalid_paths_are_refused(work, path):
    with pytest.raises(FolderError, match=r"It cannot be loaded\.$"):
        work.folder.place(path)
    assert work.folder.place("audio/hi.wav") == work.folder.path / "audio" / "hi.wav"


@pytest.mark.parametrize("path", ["C:/x", "a\\b", "con", "x.", "a\x1b.srt", "what?.wav"])
def test_there_is_no_place_for_a_name_that_the_system_cannot_hold(work, path):
    assert Folder(work.path, rules=LINUX).place(path).is_relative_to(work.path)
    with pytest.raises(FolderError, match="is not a valid name on this system"):
        Folder(work.path, rules=WINDOWS).place(path)


@pytest.mark.skipif(sys.platform != "linux", reason="the expected rules are those of Linux")
def test_a_probe_of_a_folder_leaves_nothing_behind(work, tmp_path):
    assert work.folder.find_rules(["HI.wav", "hi.wav"]) == LINUX
    assert list(work.path.iterdir()) == []
    assert probe_rules(tmp_path / "missing") == LINUX


@needs_links
def test_a_linked_folder_is_outside(work, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (work.path / "audio").symlink_to(tmp_path / "elsewhere")
    assert not work.folder.is_inside(work.path / "audio" / "hi.wav")
    assert work.folder.is_inside(work.path / "new" / "hi.wav")
