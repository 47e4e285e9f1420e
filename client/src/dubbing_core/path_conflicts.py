"""Files that two saves on the same version change in different ways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dubbing_core.paths import list_for_message
from dubbing_core.sentences import Sentence, join, plural, plural_forms, sentence

BOTH_CHANGED = plural_forms(
    "Both changed %(files)s: a save on top replaces this file.",
    "Both changed %(files)s: a save on top replaces these files.",
)
BOTH_ADDED = plural_forms(
    "Both added %(files)s: a save on top replaces this file.",
    "Both added %(files)s: a save on top replaces these files.",
)


@dataclass(frozen=True, kw_only=True)
class PathConflicts:
    """What a save on top of the other version would overwrite; sorted paths."""

    both: tuple[str, ...] = ()
    """Added, changed or removed by both, in different ways."""
    added: tuple[str, ...] = ()
    """Those of them that the common parent does not have."""
    undone: tuple[str, ...] = ()
    """Changed only in the other version; the save contains them as they were before."""
    retained: tuple[str, ...] = ()
    """Likewise, but a save on top leaves them out."""

    def describe(self) -> Sentence:
        """Return sentences for the user."""
        changed = tuple(path for path in self.both if path not in self.added)
        sentences = [] if self.both else [sentence("No file was changed by both.")]
        for forms, paths in ((BOTH_CHANGED, changed), (BOTH_ADDED, self.added)):
            if paths:
                sentences.append(plural(*forms, count=len(paths), files=list_for_message(paths)))
        if self.undone:
            files = list_for_message(self.undone)
            sentences.append(sentence("A save on top would undo the change of %(files)s.", files=files))
        if self.retained:
            files = list_for_message(self.retained)
            sentences.append(
                sentence("A save on top leaves %(files)s as the other version has it.", files=files)
            )
        return join(sentences)


def find_path_conflicts(
    *,
    base: Mapping[str, str],
    other: Mapping[str, str],
    saved: Mapping[str, str | None],
    keeps_unchanged: bool = False,
) -> PathConflicts:
    """Compare what a save contains with a version that was saved in the meantime.

    :param base: path -> SHA-256 of the common parent.
    :param other: the same of the other version.
    :param saved: the same of the save, None for files that it removes and "" for unknown contents.
    :param keeps_unchanged: a save on top leaves out files that are as in the common parent.
    """
    differing = [
        path for path in sorted(saved) if other.get(path) != base.get(path) and other.get(path) != saved[path]
    ]
    unchanged = tuple(path for path in differing if saved[path] == base.get(path))
    both = tuple(path for path in differing if saved[path] != base.get(path))
    return PathConflicts(
        both=both,
        added=tuple(path for path in both if path not in base),
        undone=() if keeps_unchanged else unchanged,
        retained=unchanged if keeps_unchanged else (),
    )
