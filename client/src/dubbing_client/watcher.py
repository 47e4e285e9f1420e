"""Watcher of a folder: saves it when a stage of the pipeline has finished."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dubbing_client.api import Api
from dubbing_client.errors import ChangedError, UnavailableError, UnreachableError
from dubbing_client.file_hashes import hash_folder
from dubbing_client.folder import Folder, Stat
from dubbing_client.objects import PlacedFile
from dubbing_client.progress import NO_PROGRESS, ProgressListener
from dubbing_client.save_plan import plan_save
from dubbing_client.saver import SaveResult, save
from dubbing_client.state import State
from dubbing_core.categories import METADATA_NAME, Category

MESSAGE_LIMIT = 400


@dataclass
class QuietPeriod:
    """Detector of quiet periods: no changes in a folder's listings for a while."""

    seconds: float
    seen: Mapping[str, Stat] | None = None
    since: float = 0.0
    handled: Mapping[str, Stat] | None = None

    def has_passed(self, files: Mapping[str, Stat], *, now: float) -> bool:
        """Return whether the folder has new changes and has been quiet for long enough."""
        if files != self.seen:
            self.seen, self.since = files, now
            return False
        return files != self.handled and now - self.since >= self.seconds

    def set_handled(self) -> None:
        self.handled = self.seen

    def restart(self, *, now: float) -> None:
        self.since = now


def stage_message(files: Sequence[PlacedFile]) -> str:
    """Return the new stages and languages: “Audio in hi, es”.

    It is empty if no file belongs to a stage.
    """
    languages: dict[str, set[str]] = {}
    for file in files:
        languages.setdefault(file["category"], set()).add(file["language"])
    parts: list[str] = []
    for category in Category:
        if category in languages and category is not Category.OTHER:
            label = category.label if not parts else category.label.lower()
            names = ", ".join(sorted(languages[category] - {""}))
            parts.append(f"{label} in {names}" if names else label)
    return ", ".join(parts)[:MESSAGE_LIMIT]


def watch(
    api: Api,
    folder: Folder,
    state: State,
    *,
    name: str = "",
    quiet: float = 30.0,
    interval: float = 2.0,
    on_top: bool = False,
    on_saved: Callable[[SaveResult, str], object] | None = None,
    listener: ProgressListener = NO_PROGRESS,
    is_stopped: Callable[[], bool] = bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Save the folder whenever a stage has changed and it has been quiet for a while.

    Files of no stage (logs, notes) are saved along with the next stage. While the portal is unavailable or files are being
    written, saving is tried again.

    :raises ConflictError: another user saved, and ``on_top`` is false.
    :raises Problem: the portal refuses, for example because the token has expired.
    """
    period = QuietPeriod(quiet)
    was_unavailable = False
    while not is_stopped():
        listing = folder.listing()
        if listing.files and period.has_passed(listing.files, now=clock()):
            try:
                result, message = save_stage(api, folder, state, name=name, on_top=on_top, listener=listener)
            except ChangedError:
                period.restart(now=clock())
            except (UnreachableError, UnavailableError) as error:
                if not was_unavailable:
                    listener.notify(f"{error} Saving is tried again until it succeeds.")
                was_unavailable = True
                period.restart(now=clock())
            else:
                was_unavailable = False
                period.set_handled()
                if result is not None and on_saved is not None:
                    on_saved(result, message)
        sleep(interval)


def save_stage(
    api: Api,
    folder: Folder,
    state: State,
    *,
    name: str,
    on_top: bool,
    listener: ProgressListener = NO_PROGRESS,
) -> tuple[SaveResult | None, str]:
    """Save the folder if a stage has changed, with a message that names it."""
    plan = plan_save(api, folder, state, name=name, on_top=on_top, listener=listener)
    changed = [
        path for path, _, sha256 in hash_folder(folder, plan.listing, state) if plan.is_changed(path, sha256)
    ]
    touched = [*changed, *plan.removed_local]
    if not touched:
        save(api, plan, state, listener=listener)  # records that nothing has changed
        return None, ""
    session = plan.session["code"] if plan.session else None
    message = stage_message(api.place_files(touched, session=session))
    if not message and METADATA_NAME not in touched:
        return None, ""
    message = message or "Metadata"
    result = save(api, plan, state, message=message, listener=listener)
    return (result, message) if result.is_new else (None, "")
