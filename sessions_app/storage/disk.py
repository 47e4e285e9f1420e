"""What the folder's filesystem is able to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dubbing_core.sizes import format_size
from sessions_app.storage import durable
from sessions_app.storage.check_result import Finding
from sessions_app.storage.copying import BLOCK_SIZE, shares
from sessions_app.storage.locks import RangeTakenError, locked_range

LEAST_FREE = 1024**3
"""Bytes below which the first video would fill it."""


def prepare(root: Path) -> Iterator[Finding]:
    """Make the folder, and look at what is below it; leaves nothing."""
    try:
        durable.make_folders(root)
        first, second = _open_twice(root)
    except OSError as error:
        yield Finding.failed("folder", f"The portal cannot write to {root}: {error.strerror}.")
        return
    try:
        yield Finding.ok("folder", f"Files lie in {root}.")
        yield _space(root)
        yield _locks(first, second)
        yield _unnamed_files(root)
        yield _sharing(root)
    finally:
        os.close(first)
        os.close(second)


def _open_twice(root: Path) -> tuple[int, int]:
    path = durable.hidden_name(root / "trial", "0")
    path.unlink(missing_ok=True)
    first = durable.open_hidden(path)
    try:
        return first, os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except BaseException:
        os.close(first)
        raise
    finally:
        path.unlink()


def _space(root: Path) -> Finding:
    free = shutil.disk_usage(root).free
    if free < LEAST_FREE:
        return Finding.failed("space", f"Only {format_size(free)} are free.")
    return Finding.ok("space", f"{format_size(free)} are free.")


def _locks(first: int, second: int) -> Finding:
    """Try whether who has opened a file by itself is kept out of a range of it."""
    try:
        with locked_range(first, 0, 1), suppress(RangeTakenError), locked_range(second, 0, 1):
            return Finding.failed(
                "locks", "Two requests can lock the same part of a file: uploads could mix their bytes."
            )
    except OSError as error:
        return Finding.failed("locks", f"The filesystem has no locks, which uploads need: {error.strerror}.")
    return Finding.ok("locks", "Parts of files can be locked: two requests never mix their bytes.")


def _unnamed_files(root: Path) -> Finding:
    descriptor = durable.open_unnamed(root)
    if descriptor is not None:
        os.close(descriptor)
        return Finding.ok("unnamed-files", "A file has no name until it is whole.")
    return Finding.cannot(
        "unnamed-files",
        "Unfinished files have hidden names; what a killed process leaves is collected later.",
    )


def _sharing(root: Path) -> Finding:
    """Try whether two files can have a block in common."""
    paths = [durable.hidden_name(root / "trial", name) for name in ("1", "2")]
    descriptors: list[int] = []
    try:
        for path in paths:
            path.unlink(missing_ok=True)
            descriptors.append(durable.open_hidden(path))
        durable.write_all(descriptors[0], bytes(BLOCK_SIZE))
        os.fsync(descriptors[0])
        if shares(*descriptors):
            return Finding.ok("sharing", "Exports and loads share the blocks of files: they take no space.")
    except OSError as error:
        return Finding.failed("sharing", f"The folder takes no files: {error.strerror}.")
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
        for path in paths:
            path.unlink(missing_ok=True)
    return Finding.cannot("sharing", "Exports and loads copy files; XFS and Btrfs would share their blocks.")
