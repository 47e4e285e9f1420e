"""The portal on XFS and Btrfs, where copies share blocks, compared with ext4.

XFS and Btrfs are images in files, mounted temporarily, which needs root. ext4 is the disk itself if the benchmark's folder is on one, which is
faster than an image.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.contest import Bench, Row, contest
from bench.session import total_size
from bench.worker import Worker
from bench.works.export import exporter
from bench.works.loads import loader

GROUP = "zip"
AT_LEAST = 10.0
"""Of exports."""
SHARING = {"XFS": ("mkfs.xfs", "-q", "-m", "reflink=1"), "Btrfs": ("mkfs.btrfs", "-q")}
EXT4 = ("mkfs.ext4", "-q", "-F")
LEAST_SIZE = 1024**3
"""Bytes of an image; XFS needs at least 300 MiB."""


class UnavailableError(Exception):
    """A file system cannot be mounted on this machine; the message has the reason."""


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "filesystems"
    folder.mkdir()
    for name, mkfs in SHARING.items():
        with ExitStack() as stack:
            try:
                ext4 = stack.enter_context(_ext4(folder, bench))
                ours = stack.enter_context(_mounted(folder / name.lower(), mkfs, bench))
            except UnavailableError as reason:
                bench.report(f"Not measured: the same on {name}. {reason}")
                continue
            yield from _compare(bench, name, ours, ext4)


def _compare(bench: Bench, name: str, ours: Path, ext4: Path) -> Iterator[Row]:
    # Rounds take a second here: inputs stay in memory.
    peer = "the same on ext4"
    with Worker(ours / "portal") as sharing, Worker(ext4 / "portal") as copying:
        for worker in (sharing, copying):
            worker.do("save", "talk", bench.session)
        yield from contest(
            f"export on {name}",
            exporter(sharing, bench),
            [exporter(copying, bench, name=peer)],
            rounds=bench.rounds,
            at_least={peer: AT_LEAST},
        )
        yield from contest(
            f"load on {name}",
            loader(sharing, bench, ours / "loaded"),
            [loader(copying, bench, ext4 / "loaded", name=peer)],
            rounds=bench.rounds,
        )


@contextmanager
def _ext4(folder: Path, bench: Bench) -> Iterator[Path]:
    if _filesystem_of(folder) == "ext4":
        place = folder / "here"
        place.mkdir()
        try:
            yield place
        finally:
            shutil.rmtree(place)
    else:
        with _mounted(folder / "ext4", EXT4, bench) as place:
            yield place


@contextmanager
def _mounted(place: Path, mkfs: tuple[str, ...], bench: Bench) -> Iterator[Path]:
    """Mount a new file system at ``place``; its image is deleted when the block ends.

    :raises UnavailableError: it cannot be mounted here.
    """
    if os.geteuid() != 0:
        raise UnavailableError("Only root may mount it.")
    if shutil.which(mkfs[0]) is None:
        raise UnavailableError(f"There is no {mkfs[0]}.")
    image = place.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(max(LEAST_SIZE, 6 * total_size(bench.session)))
    try:
        _system(*mkfs, image)
        place.mkdir()
        _system("mount", "-o", "loop", image, place)
        try:
            yield place
        finally:
            _system("umount", place)
            place.rmdir()
    finally:
        image.unlink()


def _system(*command: str | Path) -> None:
    completed = subprocess.run(command, check=False, capture_output=True, text=True)
    if completed.returncode:
        reason = (completed.stderr.strip().splitlines() or ["no error message"])[-1]
        raise UnavailableError(f"{command[0]} failed: {reason}")


def _filesystem_of(folder: Path) -> str:
    """Return the type of the folder's file system (proc_mounts(5))."""
    kinds: dict[Path, str] = {}
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, *_ = line.split()
        kinds[Path(place)] = kind
    return next(kinds[parent] for parent in (folder, *folder.resolve().parents) if parent in kinds)
