"""The folder that a load creates."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dubbing_client.errors import FolderError


@contextmanager
def new_folder(path: Path, *, is_dry_run: bool = False) -> Iterator[None]:
    """Create a folder and its parents; delete what is empty after an error.

    A dry run leaves nothing either. Folders that existed before stay.

    :raises FolderError: it cannot be created.
    """
    created = [each for each in (path, *path.parents) if not each.exists()]
    try:
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(f"{path} cannot be created: {error.strerror or error}.") from error
        yield
    except BaseException:
        _delete_empty(created)
        raise
    if is_dry_run:
        _delete_empty(created)


def _delete_empty(folders: list[Path]) -> None:
    """Delete folders, the deepest first, up to one that has content."""
    with suppress(OSError):
        for folder in filter(Path.exists, folders):
            folder.rmdir()
