from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dubbing_client.errors import FolderError
from dubbing_client.folder import Folder, is_ignored, problem_with

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


def test_everything_but_what_systems_leave_behind_is_listed(work):
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
    ):
        work.write(path)
    assert work.listed() == [".pipeline.json", "audio/hi.wav", "talk.mp4"]


@pytest.mark.parametrize(
    "path", [".git/config", "a/.venv/b", "audio/.DS_Store", "__MACOSX/x", ".x.dubs-part"]
)
def test_what_is_left_out_is_never_taken_for_removed(work, path):
    assert is_ignored(path)
    assert not work.folder.listing().covers(path)


@needs_links
def test_a_link_is_its_file_if_that_lies_in_the_folder_and_is_left_out_with_a_word_otherwise(work, tmp_path):
    work.write("takes/hi_2.wav", b"take two")
    (tmp_path / "secret").write_text("not for the portal")
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


def test_decomposed_names_are_listed_composed_and_still_found(work):
    work.write("cafe\u0301.wav", b"bonjour")
    listing = work.folder.listing()
    assert sorted(listing.files) == ["café.wav"]
    if sys.platform != "darwin":
        assert listing.names == {"café.wav": "cafe\u0301.wav"}


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_no_other_system_can_read_are_refused_with_a_sentence(work):
    work.write("café.wav")
    work.write("cafe\u0301.wav")
    with pytest.raises(FolderError, match="is there twice"):
        work.folder.listing()
    (work.path / "café.wav").unlink()
    (work.path / os.fsdecode(b"caf\xe9.wav")).write_bytes(b"")
    with pytest.raises(FolderError, match="is no text"):
        work.folder.listing()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_a_folder_that_cannot_be_read_is_no_empty_folder():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        (Path(name) / "audio").mkdir(0)
        with as_anybody(), pytest.raises(FolderError, match="cannot be read"):
            Folder(Path(name)).listing()


@contextmanager
def as_anybody() -> Iterator[None]:
    """Be somebody with no rights of their own for a while: root may read everything."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("audio/hi.wav", ""),
        ("../x", "would leave the folder"),
        ("a/../../x", "would leave the folder"),
        ("/etc/passwd", "would leave the folder"),
        ("C:/x", "would leave the folder"),
        ("a//b", "has a part without a name"),
        ("./a", "has a part without a name"),
        ("", "is no name for a file"),
        ("a\0b", "is no name for a file"),
        ("\ud800", "is no name for a file"),
        ("a" * 256, "has a name longer than 255 bytes"),
    ],
)
def test_a_path_that_leaves_the_folder_is_never_written(path, problem):
    assert problem_with(path, windows=False) == problem
    assert bool(problem_with(path, windows=True)) == bool(problem)


@pytest.mark.parametrize("path", ["a\\b", "con", "audio/NUL.txt", "x.", "x ", "aa:b", "what?", "COM1 .wav"])
def test_what_windows_cannot_hold_is_refused_there_alone(path):
    assert problem_with(path, windows=True)
    assert not problem_with(path, windows=False)


@needs_links
def test_a_link_on_the_way_leads_nowhere(work, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (work.path / "audio").symlink_to(tmp_path / "elsewhere")
    assert not work.folder.is_inside("audio/hi.wav")
    assert work.folder.is_inside("new/hi.wav")
