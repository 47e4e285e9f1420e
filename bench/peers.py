"""The programs that the portal is compared with, without fsync.

They are the original session manager's code, zipfile, and installed programs. Installed programs are timed as
whole processes, Python code inside this one.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter

from bench.contest import Entrant
from bench.session import files_of

SEED = "the seed's way"
PROGRAMS = {"zip": ("zip",), "7z": ("7z", "7zz"), "restic": ("restic",), "borg": ("borg",), "cp": ("cp",)}


def find(name: str) -> str | None:
    """Return the program's path; some programs have several names."""
    return next((path for known in PROGRAMS[name] if (path := shutil.which(known))), None)


def absent() -> list[str]:
    return [name for name in PROGRAMS if find(name) is None]


def timed(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start


def run(*command: str | Path, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> float:
    """Run a program and return the seconds it took.

    :raises subprocess.CalledProcessError: it failed.
    """
    start = perf_counter()
    subprocess.run(
        command, cwd=cwd, env={**os.environ, **(environment or {})}, check=True, stdout=subprocess.DEVNULL
    )
    return perf_counter() - start


# -- Copies ------------------------------------------------------------------------------------------------------------


def copies(source: Path, target: Path) -> list[Entrant]:
    """Return ``cp -r`` into an empty folder, if it is installed."""
    cp = find("cp")
    if cp is None:
        return []
    return [
        Entrant(
            name="cp -r",
            prepare=lambda: remove(target),
            run=lambda: run(cp, "-r", source, target),
            check=lambda: check_folder(target, source),
        )
    ]


def seed_copy(source: Path, target: Path) -> None:
    """Copy each file and write metadata.json, as the original's ``save_session`` does."""
    for path in files_of(source):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, copy)
    names = [str(path.relative_to(source)) for path in files_of(source)]
    (target / "metadata.json").write_text(json.dumps({"session_name": target.name, "files": names}, indent=2))


# -- Archives ----------------------------------------------------------------------------------------------------------


def archivers(source: Path, folder: Path) -> Iterator[Entrant]:
    """Make a ZIP of the folder without compression."""

    def entrant(name: str, target: Path, work: Callable[[Path], float]) -> Entrant:
        return Entrant(
            name=name,
            prepare=lambda: remove(target),
            run=lambda: work(target),
            check=lambda: check_archive(target, source),
        )

    yield entrant(
        "zipfile STORED",
        folder / "zipfile.zip",
        lambda target: timed(lambda: write_zip(source, target, zipfile.ZIP_STORED)),
    )
    if zip_ := find("zip"):
        yield entrant(
            "zip -0", folder / "zip.zip", lambda target: run(zip_, "-q", "-0", "-r", target, ".", cwd=source)
        )
    if seven := find("7z"):
        yield entrant(
            "7z -mx0",
            folder / "7z.zip",
            lambda target: run(seven, "a", "-tzip", "-mx0", "-bso0", "-bsp0", target, ".", cwd=source),
        )


def write_zip(source: Path, target: Path, compression: int) -> None:
    """Do the same as the original's ``export_session``, with either method."""
    with zipfile.ZipFile(target, "w", compression) as archive:
        for path in files_of(source):
            archive.write(path, path.relative_to(source))


def extract_zip(archive: Path, target: Path) -> None:
    """Do the same as the original's ``import_session``."""
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(target)


# -- Backup programs ---------------------------------------------------------------------------------------------------


class Borg:
    """A repository without encryption, other options at their defaults."""

    name = "borg"

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._repository = folder / "repository"
        self._folder = folder
        self._archive = 0

    def reset(self) -> None:
        remove(self._folder)
        self._folder.mkdir(parents=True)
        self._run("init", "--encryption", "none", self._repository)

    def save(self, source: Path) -> float:
        self._archive += 1
        return self._run("create", f"{self._repository}::{self._archive}", ".", cwd=source)

    def load(self, target: Path) -> float:
        return self._run("extract", f"{self._repository}::{self._archive}", cwd=target)

    def _run(self, *arguments: str | Path, cwd: Path | None = None) -> float:
        environment = {
            "BORG_BASE_DIR": str(self._folder / "home"),
            "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes",
        }
        return run(self._program, *arguments, cwd=cwd, environment=environment)


class Restic:
    """A repository with a password, which is mandatory; other options are defaults."""

    name = "restic"

    def __init__(self, program: str, folder: Path) -> None:
        self._program = program
        self._folder = folder

    def reset(self) -> None:
        remove(self._folder)
        self._folder.mkdir(parents=True)
        self._run("init")

    def save(self, source: Path) -> float:
        return self._run("backup", ".", cwd=source)

    def load(self, target: Path) -> float:
        return self._run("restore", "latest", "--target", target)

    def _run(self, *arguments: str | Path, cwd: Path | None = None) -> float:
        environment = {
            "RESTIC_REPOSITORY": str(self._folder / "repository"),
            "RESTIC_CACHE_DIR": str(self._folder / "cache"),
            "RESTIC_PASSWORD": "bench",
        }
        return run(self._program, *arguments, cwd=cwd, environment=environment)


def backups(folder: Path) -> Iterator[Borg | Restic]:
    if borg := find("borg"):
        yield Borg(borg, folder / "borg")
    if restic := find("restic"):
        yield Restic(restic, folder / "restic")


# -- Proof of work -----------------------------------------------------------------------------------------------------


def check_archive(archive: Path, source: Path) -> None:
    """Check that the archive is intact and contains every file of the folder."""
    with zipfile.ZipFile(archive) as opened:
        # Reading a member to its end checks its CRC-32 as well.
        held = Counter(hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist())
    missing = _digests(source) - held
    assert not missing, f"{archive} lacks {missing.total()} files of {source}."


def check_folder(folder: Path, source: Path) -> None:
    """Check that the folder contains every file of the other one."""
    missing = _digests(source) - _digests(folder)
    assert not missing, f"{folder} lacks {missing.total()} files of {source}."


def remove(path: Path) -> None:
    """Remove a file or a folder, if it exists."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def empty(path: Path) -> None:
    remove(path)
    path.mkdir(parents=True)


def _digests(folder: Path) -> Counter[str]:
    return Counter(hashlib.sha256(path.read_bytes()).hexdigest() for path in files_of(folder))
