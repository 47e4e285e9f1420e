"""Watcher of a folder: saves it when a stage of the pipeline has finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dubbing_client.api import Api
from dubbing_client.errors import (
    ChangedError,
    DubsError,
    FolderError,
    SignedOutError,
    SourceReplacedError,
    quoted,
)
from dubbing_client.exclusion_report import report_exclusions
from dubbing_client.file_hashes import hash_folder
from dubbing_client.folder import Folder
from dubbing_client.folder_activity import Due, FolderActivity
from dubbing_client.folder_labels import OTHER, stage_message
from dubbing_client.half_written import is_half_written
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.save_plan import SavePlan, plan_save
from dubbing_client.saver import SaveResult, save
from dubbing_client.source_video import NewSource, find_new_source
from dubbing_client.state import State
from dubbing_core.categories import METADATA_NAME
from dubbing_core.exclusions import Exclusion

QUIET = 8.0
MAX_WAIT = 300.0
INTERVAL = 1.0
LISTING_SHARE = 5
"""Pauses last at least so many times as long as reading the folder, which may be large."""
MAX_BACKOFF = 600.0

KEEP, NEW_SESSION, STOP = "keep", "new", "stop"
"""Decisions where another video has replaced the source: save it into the same session, or a new one, or nothing."""


@dataclass(frozen=True)
class WatchOptions:
    """Behavior of a watcher; times are seconds."""

    name: str = ""
    """The session; by default the folder's own, or a new one."""
    quiet: float = QUIET
    """How long the files of a stage must not change before they are saved."""
    max_wait: float = MAX_WAIT
    """How long files that are still being written may delay a save."""
    interval: float = INTERVAL
    on_top: bool = False
    skip_unrepresentable: bool = False
    """Leave out files that a session cannot represent."""
    include_hidden: bool = False
    """Save hidden folders, too."""
    new_session_per_source: bool = False


@dataclass(frozen=True)
class SavedStage:
    """A version that the watcher saved."""

    result: SaveResult
    message: str


class Watcher:
    """Watcher of one folder.

    It survives what may pass: a portal that is unavailable or refuses a save, an expired token, and files that are being
    written. These are reported once, and saving is tried again.

    :param on_saved: called after each version.
    :param decide: called with the session's name where another video has replaced the source; returns `KEEP`,
        `NEW_SESSION` or `STOP`.
    :param renew_login: called when the portal refuses the token; reads a newer one, if there is one.
    """

    def __init__(
        self,
        api: Api,
        folder: Folder,
        state: State,
        options: WatchOptions,
        *,
        on_saved: Callable[[SavedStage], object] = lambda _: None,
        decide: Callable[[str, NewSource], str] = lambda *_: STOP,
        renew_login: Callable[[], object] = lambda: None,
        listener: ProgressListener = NO_PROGRESS,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._api = api
        self._folder = folder
        self._state = state
        self._options = options
        self._on_saved = on_saved
        self._decide = decide
        self._renew_login = renew_login
        self._listener = listener
        self._clock = clock
        self._sleep = sleep
        self._activity = FolderActivity(options.quiet, options.max_wait)
        self._name = options.name
        self._decisions: dict[str, str] = {}
        """SHA-256 of a new source -> decision."""
        self._reported: set[str] = set()
        self._named_exclusions: set[str] = set()
        self._backoff = 0.0
        self._retry_at = 0.0

    def run(self, is_stopped: Callable[[], bool] = bool) -> None:
        """Watch until stopped, or until Ctrl-C."""
        while not is_stopped():
            started = self._clock()
            self.check()
            self._sleep(max(self._options.interval, LISTING_SHARE * (self._clock() - started)))

    def check(self) -> None:
        """Look at the folder once, and save it if that is due."""
        now = self._clock()
        try:
            listing = self._folder.listing(include_hidden=self._options.include_hidden)
        except FolderError as error:
            self._report(str(error))
            return
        self._report_exclusions(listing.excluded)
        if self._activity.update(listing.files, now=now):
            self._retry_at = 0.0
        due = self._activity.due(now=now)
        if not listing.files or due is None or now < self._retry_at:
            return
        try:
            self._save(due)
        except ChangedError as error:
            self._activity.touch(error.path, now=now)
        except SignedOutError as error:
            self._renew_login()
            self._refused(f"{error} Sign in again in another terminal: dubs login.")
        except (DubsError, OSError) as error:
            self._refused(str(error))

    # -- Saving -----------------------------------------------------------------------------------------------------

    def _save(self, due: Due) -> None:
        plan = self._plan(due)
        touched = self._touched(plan)
        if half_written := self._half_written(plan, touched):
            self._report(
                f"{quoted(half_written)} is not complete yet. It is saved when it is, or after {self._options.max_wait:g} s."
            )
            return
        self._check_removed_source(plan, touched)
        if (source := find_new_source(self._api, plan, self._state)) is not None:
            plan = self._plan_new_source(due, plan, source)
            touched = self._touched(plan)
        message = self._message(plan, touched)
        if not message and touched and due.includes_other:
            message = "Other files"
        if touched and not message:
            self._activity.set_stage_saved(except_for=due.left_out, now=self._clock())
            return
        result = save(
            self._api,
            plan,
            self._state,
            message=message,
            skip_unrepresentable=self._options.skip_unrepresentable,
            listener=self._listener,
        )
        self._activity.set_saved(except_for=due.left_out, now=self._clock())
        self._backoff = 0.0
        self._reported.clear()
        if result.is_new:
            self._on_saved(SavedStage(result, message))

    def _plan(self, due: Due) -> SavePlan:
        # With a session per source, the folder's session changes.
        is_named = self._state.base is None or not self._options.new_session_per_source
        return plan_save(
            self._api,
            self._folder,
            self._state,
            name=self._name if is_named else "",
            on_top=self._options.on_top,
            leave_out=due.left_out,
            include_hidden=self._options.include_hidden,
            listener=self._listener,
        )

    def _touched(self, plan: SavePlan) -> list[str]:
        """Return the paths that were changed or removed since the last version."""
        hashed = hash_folder(self._folder, plan.listing, self._state)
        return [*(path for path, _, sha256 in hashed if plan.is_changed(path, sha256)), *plan.removed_local]

    def _message(self, plan: SavePlan, touched: list[str]) -> str:
        """Return a version's description: its new stages, what was removed, or ""."""
        labels = self._activity.labels
        stage = [path for path in touched if self._activity.is_stage_file(path)]
        if not stage:
            return ""
        changed = stage_message(labels.get(path, OTHER) for path in stage if path in plan.listing.files)
        removed = stage_message(labels.get(path, OTHER) for path in stage if path not in plan.listing.files)
        fallback = "Metadata" if METADATA_NAME in stage else "Stage finished"
        return changed or (f"Removed: {removed[:1].lower()}{removed[1:]}" if removed else fallback)

    def _half_written(self, plan: SavePlan, touched: list[str]) -> list[str]:
        """Return the changed files that end too early and may wait for longer."""
        now = self._clock()
        return [
            path
            for path in touched
            if path in plan.listing.files
            and self._activity.waited([path], now=now) < self._options.max_wait
            and is_half_written(self._folder.path / path)
        ]

    # -- The source video -------------------------------------------------------------------------------------------

    def _check_removed_source(self, plan: SavePlan, touched: list[str]) -> None:
        """Raise if the pipeline cleared its folder: removed files only, with the source."""
        is_cleared = all(path not in plan.listing.files for path in touched)
        source = plan.find_source()
        if is_cleared and source is not None and source in plan.removed_local:
            raise FolderError(
                f"The source video “{source}” was removed. Nothing is saved until files are written again."
            )

    def _plan_new_source(self, due: Due, plan: SavePlan, source: NewSource) -> SavePlan:
        """Return the plan for a folder whose source video was replaced.

        :raises SourceReplacedError: the user has to decide.
        """
        if source.sha256 not in self._decisions:
            is_new = self._options.new_session_per_source
            self._decisions[source.sha256] = NEW_SESSION if is_new else self._decide(plan.name, source)
        decision = self._decisions[source.sha256]
        if decision == STOP:
            raise SourceReplacedError(self._folder, plan.name, old=source.old_path, new=source.path)
        if decision == KEEP:
            return plan
        self._listener.notify(f"“{source.path}” is another source video: it is saved as a new session.")
        self._name = ""
        self._state.forget_session()
        return self._plan(due)

    # -- Reports ----------------------------------------------------------------------------------------------------

    def _refused(self, message: str) -> None:
        self._report(f"{message} Watching continues.")
        self._backoff = min(max(self._options.quiet, 2 * self._backoff), MAX_BACKOFF)
        self._retry_at = self._clock() + self._backoff

    def _report_exclusions(self, exclusions: Sequence[Exclusion]) -> None:
        """Report what is left out, once for each name."""
        new = [each for each in exclusions if each.group not in self._named_exclusions]
        self._named_exclusions.update(each.group for each in new)
        if new:
            self._listener.notify(report_exclusions(new, self._folder.path))

    def _report(self, message: str) -> None:
        """Report a sentence, once until the next version."""
        if message not in self._reported:
            self._reported.add(message)
            self._listener.notify(message)
