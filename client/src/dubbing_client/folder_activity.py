"""Changes in a folder over time, and when it is due for a save."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from dubbing_client.folder import Stat
from dubbing_client.folder_labels import OTHER, is_stage_file, label_folder
from dubbing_core.labels import Label


@dataclass(frozen=True)
class Due:
    """A save that is due."""

    left_out: frozenset[str]
    """Files that are still being written; the version keeps them as they were."""
    includes_other: bool
    """Whether to save even if only files of no stage have changed."""


@dataclass
class FolderActivity:
    """Record of the changes of a folder since its last save.

    :param quiet: seconds for which the files of a stage must not change before they are saved.
    :param max_wait: seconds after which files are saved although others are still being written.
    """

    quiet: float
    max_wait: float
    labels: dict[str, Label] = field(default_factory=dict)
    """Those of deleted files included."""
    finish_markers: frozenset[str] = frozenset()
    """Files that mark finished stages."""
    _files: Mapping[str, Stat] = field(default_factory=dict)
    _changed_at: dict[str, float] = field(default_factory=dict)
    """Path -> time of the last change, for files that are not saved yet."""
    _first_changed_at: dict[str, float] = field(default_factory=dict)

    def update(self, files: Mapping[str, Stat], *, now: float) -> bool:
        """Record a listing; return whether files of a stage have changed since."""
        changed = {
            path for path in files.keys() | self._files.keys() if files.get(path) != self._files.get(path)
        }
        if files.keys() != self._files.keys():
            found = label_folder(files)
            self.labels.update(found.labels)
            self.finish_markers = found.finish_markers
        self._files = files
        for path in changed:
            self.touch(path, now=now)
        return any(map(self.is_stage_file, changed))

    def touch(self, path: str, *, now: float) -> None:
        """Record that a file is being written."""
        self._changed_at[path] = now
        self._first_changed_at.setdefault(path, now)

    def is_stage_file(self, path: str) -> bool:
        return path in self.finish_markers or is_stage_file(path, self.labels.get(path, OTHER))

    def waited(self, paths: Iterable[str], *, now: float) -> float:
        """Return for how many seconds one of the files has been waiting to be saved."""
        return max((now - self._first_changed_at.get(path, now) for path in paths), default=0.0)

    def due(self, *, now: float) -> Due | None:
        """Return the save that is due, or None.

        Files of no stage never delay a save. They are saved along with the next stage, or after `max_wait`.
        """
        stage = [path for path in self._changed_at if self.is_stage_file(path)]
        busy = frozenset(path for path, time in self._changed_at.items() if now - time < self.quiet)
        if stage and busy.isdisjoint(stage):
            return Due(busy, includes_other=False)
        finished_at = self._finished_at()
        if finished_at is not None and finished_at < now:
            # What changed after the marker belongs to the next stage.
            later = frozenset(path for path, time in self._changed_at.items() if time > finished_at)
            return Due(later, includes_other=False)
        if (
            self.waited(stage or self._changed_at, now=now) >= self.max_wait
            and busy != self._changed_at.keys()
        ):
            return Due(busy, includes_other=not stage)
        return None

    def _finished_at(self) -> float | None:
        """Return when a file was last written that marks a finished stage."""
        times = [
            time
            for path, time in self._changed_at.items()
            if path in self.finish_markers and path in self._files
        ]
        return max(times, default=None)

    def set_saved(self, *, except_for: Collection[str] = (), now: float) -> None:
        """Record all changes as saved but those of some files, which wait from now on."""
        self._changed_at = {path: time for path, time in self._changed_at.items() if path in except_for}
        self._first_changed_at = dict.fromkeys(self._changed_at, now)

    def set_stage_saved(self, *, except_for: Collection[str], now: float) -> None:
        """Record the same for the files of stages; the others continue to wait."""
        other = {path: time for path, time in self._first_changed_at.items() if not self.is_stage_file(path)}
        self.set_saved(except_for={*except_for, *other}, now=now)
        self._first_changed_at |= other
