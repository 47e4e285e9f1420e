"""Access rights of an embedded portal's DATA_DIR."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sessions_app.management.data_folder import create_data_folder, protect_data_folder
from sessions_app.management.errors import Error

pytestmark = pytest.mark.one_stack
FILES = ("db.sqlite3", "db.sqlite3-wal", "secret_key", "broker/valkey.log", "storage/blobs/ab/abc", "run.pid")


@pytest.fixture
def folder(work_folder: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    settings.DATA_DIR = work_folder / "data"
    monkeypatch.setitem(settings.DATABASES["default"], "NAME", settings.DATA_DIR / "db.sqlite3")
    umask = os.umask(0o022)
    yield settings.DATA_DIR
    os.umask(umask)


def create_open_folder(folder: Path) -> None:
    """Create a folder as earlier versions of the portal did."""
    for name in FILES:
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def protect() -> list[str]:
    lines: list[str] = []
    protect_data_folder(print_line=lines.append)
    return lines


def open_paths(folder: Path) -> list[Path]:
    """Return what other users can access."""
    paths = [folder, *folder.rglob("*")]
    return [path for path in paths if path.lstat().st_mode & 0o077 and not path.is_symlink()]


def test_a_new_folder_is_private(folder: Path):
    create_data_folder()

    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "db.sqlite3").stat().st_mode & 0o777 == 0o600


def test_an_open_folder_becomes_private(folder: Path):
    create_open_folder(folder)
    assert len(open_paths(folder)) > len(FILES)

    assert protect() == []

    assert open_paths(folder) == []
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()} == {0o600}


def test_new_files_are_private(folder: Path):
    protect()
    (folder / "new").mkdir()
    (folder / "new" / "file").touch()

    assert open_paths(folder) == []


def test_a_database_of_its_own_is_not_changed(folder: Path):
    create_open_folder(folder)
    (folder / "db.sqlite3").write_bytes(b"SQLite")

    protect()

    assert (folder / "db.sqlite3").read_bytes() == b"SQLite"


def test_a_store_on_another_disk_becomes_private(folder: Path, work_folder: Path):
    disk = work_folder / "disk"
    disk.mkdir()
    (disk / "blob").touch()
    folder.mkdir()
    (folder / "storage").symlink_to(disk)

    protect()

    assert open_paths(disk) == []


def test_files_behind_other_links_are_left_alone(folder: Path, work_folder: Path):
    other = work_folder / "other"
    other.touch()
    folder.mkdir()
    (folder / "link").symlink_to(other)

    protect()

    assert other.stat().st_mode & 0o777 == 0o644


def test_a_folder_for_all_users_is_refused(folder: Path, work_folder: Path, settings: Any):
    shared, mode = work_folder / "shared", 0o1777
    shared.mkdir()
    shared.chmod(mode)
    settings.DATA_DIR = shared

    with pytest.raises(Error, match="is a folder for all users of this machine"):
        protect()

    assert stat.S_IMODE(shared.stat().st_mode) == mode


def test_files_of_another_account_are_reported(folder: Path, monkeypatch: pytest.MonkeyPatch):
    create_open_folder(folder)
    real = Path.chmod

    def chmod(path: Path, mode: int) -> None:
        if path.name == "secret_key":
            raise PermissionError
        real(path, mode)

    monkeypatch.setattr(Path, "chmod", chmod)

    (line,) = protect()

    assert "may be able to read" in line
    assert str(folder / "secret_key") in line
