"""Checks of the storage folder's filesystem, part of the storage self-test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from dubbing_core.sizes import format_size
from sessions_app.storage import atomic_files
from sessions_app.storage.check_result import CheckResult
from sessions_app.storage.kernel_copy import BLOCK_SIZE, share_first_block
from sessions_app.storage.range_locks import RangeLockedError, lock_range

MIN_FREE = 1024**3
"""Bytes; with less, the first video could fill the disk."""


def check_folder(root: Path) -> Iterator[CheckResult]:
    """Create the folder and check its filesystem; leave no files."""
    try:
        atomic_files.make_folders(root)
        first, second = _open_twice(root)
    except OSError as error:
        yield CheckResult.failed("folder", f"The portal cannot write to {root}: {error.strerror}.")
        return
    try:
        yield CheckResult.ok("folder", f"Files are stored in {root}.")
        yield _check_space(root)
        yield _check_locks(first, second)
        yield _check_unnamed_files(root)
        yield _check_sharing(root)
    finally:
        os.close(first)
        os.close(second)


def _open_twice(root: Path) -> tuple[int, int]:
    path = _get_test_path(root, 0)
    path.unlink(missing_ok=True)
    first = atomic_files.open_hidden(path)
    try:
        return first, os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except BaseException:
        os.close(first)
        raise
    finally:
        path.unlink()


def _check_space(root: Path) -> CheckResult:
    free = shutil.disk_usage(root).free
    if free < MIN_FREE:
        return CheckResult.failed("space", f"Only {format_size(free)} are free.")
    return CheckResult.ok("space", f"{format_size(free)} are free.")


def _check_locks(first: int, second: int) -> CheckResult:
    """Check that a lock excludes another descriptor of the same file."""
    try:
        with lock_range(first, 0, 1), suppress(RangeLockedError), lock_range(second, 0, 1):
            return CheckResult.failed(
                "locks", "Two requests can lock the same part of a file: uploads could mix their bytes."
            )
    except OSError as error:
        return CheckResult.failed(
            "locks", f"The filesystem has no locks, which uploads need: {error.strerror}."
        )
    return CheckResult.ok("locks", "Parts of files can be locked: two requests never mix their bytes.")


def _check_unnamed_files(root: Path) -> CheckResult:
    descriptor = atomic_files.open_unnamed(root)
    if descriptor is not None:
        os.close(descriptor)
        return CheckResult.ok("unnamed-files", "A file has no name until it is complete.")
    return CheckResult.warning(
        "unnamed-files",
        "Unfinished files have hidden names; garbage collection deletes those of a killed process.",
    )


def _check_sharing(root: Path) -> CheckResult:
    """Check whether two files can share a block."""
    paths = [_get_test_path(root, number) for number in (1, 2)]
    descriptors: list[int] = []
    try:
        for path in paths:
            path.unlink(missing_ok=True)
            descriptors.append(atomic_files.open_hidden(path))
        atomic_files.write_all(descriptors[0], bytes(BLOCK_SIZE))
        os.fsync(descriptors[0])
        if share_first_block(*descriptors):
            return CheckResult.ok(
                "sharing", "Exports and loads share the blocks of files: they use no space."
            )
    except OSError as error:
        return CheckResult.failed("sharing", f"The folder accepts no files: {error.strerror}.")
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
        for path in paths:
            path.unlink(missing_ok=True)
    return CheckResult.warning(
        "sharing", "Exports and loads copy files; XFS and Btrfs would share their blocks."
    )


def _get_test_path(root: Path, number: int) -> Path:
    return atomic_files.get_hidden_path(root / "self-test", str(number))
