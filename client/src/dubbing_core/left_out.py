"""Files that a save leaves out because a session cannot represent their names.

The version records them: it is not the whole folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dubbing_core.paths import COMPONENT_LIMIT, PATH_LIMIT, escape_unprintable
from dubbing_core.sentences import Number, sentence

RECORD_LIMIT = 200
"""Files that a version lists; their number is always exact."""
SHOWN_LIMIT = 255
"""Characters of a name that a version records."""
CODE_LIMIT = 40
UNKNOWN_REASON = sentence("cannot be saved")
REASONS = {
    "path_empty": sentence("has no name"),
    "path_encoding": sentence("is not valid Unicode"),
    "path_nul": sentence("contains the character NUL"),
    "path_absolute": sentence("is absolute"),
    "path_empty_part": sentence("has a folder without a name"),
    "path_dot": sentence("contains the folder “.”"),
    "path_parent": "contains “..”",
    "path_part_too_long": sentence(
        "has a name longer than %(component_limit)s bytes", component_limit=COMPONENT_LIMIT
    ),
    "path_too_long": sentence("is longer than %(path_limit)s bytes", path_limit=Number(PATH_LIMIT)),
    "path_duplicate": sentence("was listed twice"),
    "file_unreadable": sentence("could not be read by the browser"),
    "folder_unreadable": sentence("is a folder that the browser could not read"),
    "path_file_as_folder": sentence("needs a folder in the place of a file"),
}
"""By the code of the `PathError`, or of what the browser could not read."""


def describe_reason(code: str) -> str:
    """Return why a path with this error is left out, to follow its name."""
    return REASONS.get(code, UNKNOWN_REASON)


@dataclass(frozen=True)
class LeftOutFile:
    path: str
    """As it is shown: shortened, with escapes for what is not text."""
    code: str
    """Of the `PathError`."""

    @property
    def reason(self) -> str:
        return describe_reason(self.code)

    @classmethod
    def of(cls, path: str, code: str) -> LeftOutFile:
        """Return the record of a file with any path."""
        shown = escape_unprintable(path[: SHOWN_LIMIT + 1])
        if len(shown) > SHOWN_LIMIT:
            shown = f"{shown[: SHOWN_LIMIT - 1]}…"
        return cls(shown, code[:CODE_LIMIT])


@dataclass(frozen=True)
class LeftOut:
    """The files that one save left out."""

    files: tuple[LeftOutFile, ...] = ()
    """The first ones."""
    count: int = 0

    @classmethod
    def of(cls, files: Sequence[LeftOutFile]) -> LeftOut:
        return cls(tuple(files[:RECORD_LIMIT]), len(files))

    def as_json(self) -> dict[str, Any]:
        """Return the form that is stored; empty if there are no such files."""
        if not self.count:
            return {}
        return {"count": self.count, "files": [[file.path, file.code] for file in self.files]}


NOTHING_LEFT_OUT = LeftOut()


def parse_left_out(document: Mapping[str, Any]) -> LeftOut:
    """Read what `LeftOut.as_json` returned; it may be untrusted.

    :raises TypeError: a value has another type.
    :raises ValueError: a list has impossible members.
    """
    count, rows = document.get("count", 0), document.get("files", [])
    if type(count) is not int or not isinstance(rows, list) or not len(rows) <= count < 1 << 31:
        raise ValueError("count")
    files = []
    for path, code in rows[:RECORD_LIMIT]:
        if not isinstance(path, str) or not isinstance(code, str):
            raise TypeError
        files.append(LeftOutFile.of(path, code))
    return LeftOut(tuple(files), count)
