"""Folders of a version: files and bytes of each, however categories are spread over them."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from dubbing_core.selection import WHOLE_VERSION, Selection
from sessions_app.models import Version
from sessions_app.queries import versions
from sessions_app.queries.versions import FolderSummary, get_folders, list_folders
from tests.integration.sketches import current_of, sketch_session, sketch_version
from tests.world import World

FILES = {
    "talk.mp4": 90,
    "audio/hi/0001.wav": 10,
    "audio/hi/0002.wav": 20,
    "audio/es/0001.wav": 30,
    "audio/hi_audio.wav": 400,
    "more audio/hi/0003.wav": 7,
    "Audio/notes.txt": 5,
    "translations/hi.srt": 60,
    "translations/old/hi.srt": 61,
    "notes/a.txt": 1,
    "notes/b/c/d.txt": 2,
}
FOLDERS = ["", "audio/", "audio/hi/", "Audio/", "translations/", "notes/", "notes/b/", "nothing/"]


@pytest.fixture
def version(db: None) -> Version:
    files = {path: path.encode().ljust(size, b".")[:size] for path, size in FILES.items()}
    return current_of(sketch_session(World.create().alice, files=files))


def expect_folders(folder: str, paths: Iterable[str]) -> list[FolderSummary]:
    """Return the folders in a folder, counted one by one."""
    found: dict[str, list[int]] = {}
    for path in paths:
        name, slash, _ = path.removeprefix(folder).partition("/")
        if path.startswith(folder) and slash:
            found.setdefault(f"{folder}{name}/", []).append(FILES[path])
    return sorted(FolderSummary(path, len(sizes), sum(sizes)) for path, sizes in found.items())


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_have_the_files_and_bytes_below_them(version: Version, folder: str):
    with CaptureQueriesContext(connection) as queries:
        shown = list_folders(version, folder)

    assert sorted(shown) == expect_folders(folder, FILES)
    assert len(queries) <= 2


@pytest.mark.parametrize("folder", FOLDERS)
def test_folders_of_a_part_are_those_of_its_files(version: Version, folder: str):
    shown = list_folders(version, folder, selection=Selection.from_choices(categories=["audio"]))

    paths = [path for path in FILES if path.lower().startswith(("audio/", "more audio/"))]
    assert sorted(shown) == expect_folders(folder, paths)


def test_too_many_folders_are_summed_by_their_files(version: Version, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(versions, "MAX_GROUPED", 3)

    assert sorted(list_folders(version)) == expect_folders("", FILES)


def test_totals_of_other_files_are_not_used(version: Version):
    version.file_groups = [["audio", "hi", 1, 1]]

    assert sorted(list_folders(version)) == expect_folders("", FILES)


def test_folders_of_a_version_are_computed_once(version: Version):
    first = get_folders(version, "audio/", selection=WHOLE_VERSION)
    sketch_version(version.session, {"audio/fr/0001.wav": b"new"})
    with CaptureQueriesContext(connection) as queries:
        again = get_folders(version, "audio/", selection=WHOLE_VERSION)
    later = get_folders(current_of(version.session), "audio/", selection=WHOLE_VERSION)

    assert again == first == expect_folders("audio/", FILES)
    assert len(queries) == 0
    assert later == [FolderSummary("audio/fr/", 1, 3)]
