"""The same portal on XFS and on Btrfs, where a copy shares its bytes with what it was copied from, beside ext4, where it cannot.

Each of the two is an image in a file, mounted for the while; that takes root. ext4 is the disk itself where the bench lies on one, which
is faster than an image would be.
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
from bench.works.load import loader

GROUP = "zip"
AT_LEAST = 10.0
"""Of exports."""
SHARING = {"XFS": ("mkfs.xfs", "-q", "-m", "reflink=1"), "Btrfs": ("mkfs.btrfs", "-q")}
EXT4 = ("mkfs.ext4", "-q", "-F")
LEAST_SIZE = 1024**3
"""Bytes of an image; XFS wants 300 MiB at least."""


class NotHereError(Exception):
    """A filesystem cannot be had on this machine; says why."""


def rows(bench: Bench) -> Iterator[Row]:
    folder = bench.folder / "filesystems"
    folder.mkdir()
    for name, mkfs in SHARING.items():
        with ExitStack() as stack:
            try:
                theirs = stack.enter_context(_ext4(folder, bench))
                ours = stack.enter_context(_mounted(folder / name.lower(), mkfs, bench))
            except NotHereError as reason:
                bench.say(f"Not measured: the same on {name}. {reason}")
                continue
            yield from _compare(bench, name, ours, theirs)


def _compare(bench: Bench, name: str, ours: Path, theirs: Path) -> Iterator[Row]:
    # Rounds take a second here: nothing that is read has time to leave the memory.
    peer = "the same on ext4"
    with Worker(ours / "portal") as sharing, Worker(theirs / "portal") as copying:
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
            [loader(copying, bench, theirs / "loaded", name=peer)],
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
    """Mount a new filesystem at ``place``, whose image goes when the block ends.

    :raises NotHereError: that cannot be done here.
    """
    if os.geteuid() != 0:
        raise NotHereError("Only root may mount it.")
    if shutil.which(mkfs[0]) is None:
        raise NotHereError(f"There is no {mkfs[0]}.")
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
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NotHereError(f"{command[0]} says: {reason}")


def _filesystem_of(folder: Path) -> str:
    """Return the type of the filesystem that the folder lies on (proc_mounts(5))."""
    kinds: dict[Path, str] = {}
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, place, kind, *_ = line.split()
        kinds[Path(place)] = kind
    return next(kinds[parent] for parent in (folder, *folder.resolve().parents) if parent in kinds)
