"""Names of a version's files in an export."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER
from dubbing_core.history import blob_path
from dubbing_core.labels import Label
from dubbing_core.name_mapping import ZIP, map_paths
from dubbing_core.projection import project_paths
from dubbing_core.selection import FolderLayout


class StoredFile(Protocol):
    @property
    def path(self) -> str: ...

    @property
    def sha256(self) -> str: ...

    @property
    def label(self) -> Label: ...


def name_members(
    files: Iterable[StoredFile], layout: FolderLayout, *, folders: Iterable[str] = ()
) -> dict[str, str]:
    """Return the names in the ZIP of a version's files and empty folders, by path.

    Names that a ZIP or some system cannot hold are mapped (`dubbing_core.name_mapping`). The session's own metadata.json has no place in the session's tree, where the rendered document is. There it is stored beside the
    checksums. Empty folders only exist at their paths as saved.

    :param folders: empty folders, each with a slash.
    """
    files = list(files)
    if layout is FolderLayout.SAVED:
        return map_paths([*(file.path for file in files), *folders], ZIP, taken=[PRIVATE_FOLDER])
    places = project_paths({file.path: file.label for file in files})
    names = map_paths(places.values(), ZIP, taken=[PRIVATE_FOLDER, METADATA_NAME])
    return {
        file.path: names[places[file.path]] if file.path in places else blob_path(file.sha256)
        for file in files
    }
