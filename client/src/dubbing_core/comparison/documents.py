"""Values that differ between the metadata documents of two versions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dubbing_core.change_summary import ChangeKind
from dubbing_core.checked_results import read_checks
from dubbing_core.manifest import TIMESTAMPS
from dubbing_core.metadata import PATH_LISTS, PATHS_BY_LANGUAGE
from dubbing_core.project_edits import KEY as EDITS

Key = tuple[str, ...]

DERIVED = {
    *((key,) for key in (*TIMESTAMPS, *PATHS_BY_LANGUAGE, *PATH_LISTS, "session_name")),
    ("session_metadata", "total_files"),
    *(
        ("session_metadata", EDITS, name)
        for name in ("added_languages", "excluded_languages", "stated_texts")
    ),
}
"""What follows from the files, or differs with each save."""
EDITED_VOICES = ("session_metadata", EDITS, "voices")
CHECKS = ("session_metadata", EDITS, "checks")
"""Of a check, only the person who made it is compared."""
ABSENT = object()


class ValueDifference(NamedTuple):
    """A value of the metadata that differs."""

    key: Key
    """Names of the nested keys."""
    kind: ChangeKind
    """New, changed or removed."""
    before: Any
    """None for new values."""
    after: Any
    """None for removed values."""


def compare_documents(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[ValueDifference]:
    """Return the differences in the order of the keys.

    Objects are compared key by key, lists as a whole.
    """
    old, new = dict(_list_values(before)), dict(_list_values(after))
    differences = [
        ValueDifference(
            key,
            _find_kind(key, old, new),
            old.get(key),
            new.get(key),
        )
        for key in dict.fromkeys((*old, *new))
        if not _is_equal(old.get(key, ABSENT), new.get(key, ABSENT))
    ]
    found = {difference.key for difference in differences}
    # A voice that a person set is reported once, although it is stored as a statement, too.
    return [
        each for each in differences if not (_is_edited_voice(each.key) and ("voices", each.key[-1]) in found)
    ]


def _list_values(value: Mapping[str, Any], prefix: Key = ()) -> Iterator[tuple[Key, Any]]:
    for name, each in value.items():
        key = (*prefix, name)
        if key in DERIVED:
            continue
        if prefix == CHECKS:
            yield from ((key, check.by) for check in read_checks({name: each}).values())
        elif isinstance(each, Mapping):
            yield from _list_values(each, key)
        elif not _is_empty(each):
            yield key, each


def _is_empty(value: object) -> bool:
    """Return whether a value states nothing.

    Documents have empty texts and lists where nothing is known.
    """
    return value is None or value in ("", [])


def _is_equal(first: object, second: object) -> bool:
    return type(first) is type(second) and first == second


def _find_kind(key: Key, old: Mapping[Key, Any], new: Mapping[Key, Any]) -> ChangeKind:
    if key not in old:
        return ChangeKind.NEW
    return ChangeKind.CHANGED if key in new else ChangeKind.REMOVED


def _is_edited_voice(key: Key) -> bool:
    return key[:-1] == EDITED_VOICES
