"""Matching of new files with the files of a session that they replace."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from dubbing_core.categories import Category
from dubbing_core.file_kinds import split_name
from dubbing_core.labels import Label, Role
from dubbing_core.paths import fold_path
from dubbing_core.projection import project_path, project_paths

CANDIDATE_LIMIT = 20


def match_files(new: Mapping[str, Label], earlier: Mapping[str, Label]) -> dict[str, str]:
    """Return the earlier file that each new one replaces, by the new one's path.

    In this order: the one whose path ends with the new path, the one at the same place in the session's tree, and for a file
    without a folder the only one of the same category, language, role and extension, if it is the only such new one. An earlier
    file is replaced once. Files without a match are left out.

    :param new: labels of files that are at the path of no earlier file.
    :param earlier: labels of files in the session that are not saved again.
    """
    if not new or not earlier:
        return {}
    matches = _match_names(new, earlier)
    for match in (_match_places, _match_labels):
        taken = set(matches.values())
        matches |= match(
            {path: label for path, label in new.items() if path not in matches},
            {path: label for path, label in earlier.items() if path not in taken},
        )
    return matches


def list_candidates(path: str, label: Label, earlier: Mapping[str, Label]) -> list[str]:
    """Return earlier files that a new one may replace, the most similar first.

    They have its name, or its category and extension.
    """
    name, extension = _fold_name(path), _fold_extension(path)
    ranked = []
    for other, other_label in earlier.items():
        has_name = _fold_name(other) == name
        is_similar = other_label.category is label.category and _fold_extension(other) == extension
        if (has_name or is_similar) and other_label.role is not Role.SESSION_METADATA:
            ranked.append((not has_name, other_label != label, other_label.language != label.language, other))
    return [other for *_, other in sorted(ranked)[:CANDIDATE_LIMIT]]


def _match_names(new: Mapping[str, Label], earlier: Mapping[str, Label]) -> dict[str, str]:
    by_name: dict[str, list[str]] = defaultdict(list)
    for path in earlier:
        by_name[_fold_name(path)].append(path)
    matches: dict[str, str] = {}
    taken: set[str] = set()
    # `es/1.wav` is matched before `1.wav`: its folder distinguishes it.
    for path in sorted(new, key=lambda path: (-path.count("/"), path)):
        end = f"/{fold_path(path)}"
        found = [other for other in by_name[_fold_name(path)] if f"/{fold_path(other)}".endswith(end)]
        if len(found) > 1:
            found = [other for other in found if earlier[other] == new[path]]
        if len(found) == 1 and found[0] not in taken:
            matches[path] = found[0]
            taken.add(found[0])
    return matches


def _match_places(new: Mapping[str, Label], earlier: Mapping[str, Label]) -> dict[str, str]:
    by_place = {fold_path(place): path for path, place in project_paths(earlier).items()}
    matches = {}
    for path, label in new.items():
        other = by_place.pop(fold_path(project_path(path, label.category)), None)
        if other is not None:
            matches[path] = other
    return matches


def _match_labels(new: Mapping[str, Label], earlier: Mapping[str, Label]) -> dict[str, str]:
    loose = _group_by_label({path: label for path, label in new.items() if "/" not in path})
    others = _group_by_label(earlier)
    return {
        paths[0]: others[key][0]
        for key, paths in loose.items()
        if len(paths) == 1 and len(others.get(key, ())) == 1
    }


def _group_by_label(files: Mapping[str, Label]) -> dict[tuple[Label, str], list[str]]:
    """Group files whose label distinguishes them from others of their category."""
    groups: dict[tuple[Label, str], list[str]] = defaultdict(list)
    for path, label in files.items():
        if label.category is not Category.OTHER and (label.language or label.role is Role.SOURCE):
            groups[label, _fold_extension(path)].append(path)
    return groups


def _fold_name(path: str) -> str:
    return fold_path(path).rpartition("/")[2]


def _fold_extension(path: str) -> str:
    return split_name(path)[1].casefold()
