"""Checks of the storage folder's filesystem, part of the storage self-test."""

from __future__ import annotations

import os
import secrets
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
    path = _get_test_path(root, "0")
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


def can_share_blocks(root: Path) -> bool:
    """Return whether two files can share a block; False on a full disk."""
    with suppress(OSError):
        return _try_to_share(root)
    return False


def _check_sharing(root: Path) -> CheckResult:
    try:
        can_share = _try_to_share(root)
    except OSError as error:
        return CheckResult.failed("sharing", f"The folder accepts no files: {error.strerror}.")
    if can_share:
        return CheckResult.ok("sharing", "Exports and loads share the blocks of files: they use no space.")
    return CheckResult.warning(
        "sharing", "Exports and loads copy files; XFS and Btrfs would share their blocks."
    )


def _try_to_share(root: Path) -> bool:
    names = [secrets.token_hex(4) for _ in range(2)]  # requests may do this at the same time
    paths = [_get_test_path(root, name) for name in names]
    descriptors: list[int] = []
    try:
        descriptors += [atomic_files.open_hidden(path) for path in paths]
        atomic_files.write_all(descriptors[0], bytes(BLOCK_SIZE))
        os.fsync(descriptors[0])
        return share_first_block(*descriptors)
    finally:
        for descriptor in descriptors:
            os.close(descriptor)
        for path in paths:
            path.unlink(missing_ok=True)


def _get_test_path(root: Path, name: str) -> Path:
    return atomic_files.get_hidden_path(root / "self-test", name)
