"""Names of a version's files in a folder, whose system may not hold all of them.

The folder's record (`State.aliases`) has the saved name of each file that got another one, and of each such folder with a
slash, so that new files in it are saved beside the others.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping
from pathlib import Path

from dubbing_client.errors import FolderError
from dubbing_client.folder import Folder
from dubbing_client.spelling import DiskSpelling
from dubbing_core.exclusions import PART_NAME, is_part_name
from dubbing_core.name_mapping import map_paths
from dubbing_core.paths import PathError, check_saved_path, check_tree, list_ancestors


def map_to_folder(folder: Folder, paths: Collection[str], *, taken: Collection[str] = ()) -> dict[str, str]:
    """Return the path in the folder for each path of a version.

    The result depends on all paths of the version: a part of it is loaded to the same names.

    :param paths: of files, and of empty folders with a slash.
    :param taken: names at the root that the load needs for itself.
    :raises FolderError: a path leads out of the folder, or two cannot exist side by side.
    """
    try:
        for path in paths:
            check_saved_path(path.removesuffix("/"))
        check_tree(path for path in paths if not path.endswith("/"))
    except PathError as error:
        raise FolderError(f"{error} This version cannot be loaded.") from error
    rules = folder.find_rules([*paths, *taken])
    own = any(is_part_name(path.rpartition("/")[2]) for path in paths)
    if rules.fold is str and not own and all(map(rules.can_hold, paths)):
        return {path: path for path in paths}
    return map_paths(paths, rules.forbidding(PART_NAME) if own else rules, taken=taken)


def find_places(folder: Folder, paths: Collection[str]) -> dict[str, Path]:
    """Return the place of each path, spelled as on disk unless another path is."""
    spelling = DiskSpelling(folder.path)
    places = {}
    for path in paths:
        place = folder.place(path.removesuffix("/"))
        spelled = spelling.place(place)
        is_taken = spelled != place and spelled.relative_to(folder.path).as_posix() in paths
        places[path] = place if is_taken else spelled
    return places


def find_aliases(saved_paths: Mapping[str, str]) -> dict[str, str]:
    """Return the files and folders that have another path in the portal.

    :param saved_paths: path -> path in the portal of files, and of empty folders with a slash.
    :returns: path -> path in the portal; folders have a slash.
    """
    aliases = {}
    for path, saved in saved_paths.items():
        if path == saved:
            continue
        if not path.endswith("/"):
            aliases[path] = saved
        for folder, saved_folder in zip(list_ancestors(path), list_ancestors(saved), strict=True):
            if folder != saved_folder:
                aliases[f"{folder}/"] = f"{saved_folder}/"
    return aliases


def find_saved_path(path: str, aliases: Mapping[str, str]) -> str:
    """Return the path in the portal of a file, or of a folder with a slash.

    :param aliases: as `State.aliases`.
    """
    if not aliases or path in aliases:
        return aliases.get(path, path)
    for folder in reversed(list_ancestors(path)):
        saved = aliases.get(f"{folder}/")
        if saved is not None:
            return saved + path[len(folder) + 1 :]
    return path


def find_renamed(aliases: Mapping[str, str]) -> dict[str, str]:
    """Return the files whose names differ in more than their composition."""
    return {
        path: saved
        for path, saved in aliases.items()
        if not path.endswith("/")
        and unicodedata.normalize("NFC", path) != unicodedata.normalize("NFC", saved)
    }
