"""Files that two saves on the same version change in different ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dubbing_core.paths import list_for_message


@dataclass(frozen=True, kw_only=True)
class PathConflicts:
    """What a save on top of the other version would overwrite; sorted paths."""

    both: tuple[str, ...] = ()
    """Changed or removed by both, in different ways."""
    undone: tuple[str, ...] = ()
    """Changed only in the other version; the save contains them as they were before."""

    def describe(self) -> str:
        """Return sentences for the user."""
        sentences = ["No file was changed by both."]
        if self.both:
            sentences = [f"Both changed {list_for_message(self.both)}: a save on top replaces these files."]
        if self.undone:
            sentences.append(f"A save on top would undo the change of {list_for_message(self.undone)}.")
        return " ".join(sentences)


def find_path_conflicts(
    *, base: Mapping[str, str], other: Mapping[str, str], saved: Mapping[str, str | None]
) -> PathConflicts:
    """Compare what a save contains with a version that was saved in the meantime.

    :param base: path -> SHA-256 of the common parent.
    :param other: the same of the other version.
    :param saved: the same of the save, None for files that it removes and "" for unknown contents.
    """
    differing = [
        path for path in sorted(saved) if other.get(path) != base.get(path) and other.get(path) != saved[path]
    ]
    return PathConflicts(
        both=tuple(path for path in differing if saved[path] != base.get(path)),
        undone=tuple(path for path in differing if saved[path] == base.get(path)),
    )
