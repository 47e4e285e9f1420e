"""Watches a folder and saves it whenever a stage of the pipeline has come to rest."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from dubbing_client.api import Api
from dubbing_client.errors import ChangedError, UnavailableError, UnreachableError
from dubbing_client.events import SILENCE, Listener
from dubbing_client.folder import METADATA, Folder, Stat
from dubbing_client.hashing import hashes
from dubbing_client.objects import SortedFile
from dubbing_client.save_plan import plan_save
from dubbing_client.saving import Saved, save
from dubbing_client.selection import CATEGORIES
from dubbing_client.state import State

LABELS = {category: category.replace("_", " ").capitalize() for category in CATEGORIES}
OTHER = "other"
MESSAGE_LIMIT = 400


@dataclass
class Quiet:
    """Decides when a folder has come to rest, by what it looks like from time to time."""

    seconds: float
    seen: Mapping[str, Stat] | None = None
    since: float = 0.0
    saved: Mapping[str, Stat] | None = None
    """What it looked like when it was last looked into."""

    def is_ripe(self, files: Mapping[str, Stat], *, now: float) -> bool:
        """Whether it looks different from when it was last looked into, and has not changed for so many seconds."""
        if files != self.seen:
            self.seen, self.since = files, now
            return False
        return files != self.saved and now - self.since >= self.seconds

    def done(self) -> None:
        self.saved = self.seen

    def disturb(self, *, now: float) -> None:
        """Wait once more as long."""
        self.since = now


def message_of(files: Sequence[SortedFile]) -> str:
    """Say what is new, by stage and language: “Audio in hi, es”. Empty where no stage of the pipeline changed."""
    found: dict[str, set[str]] = {}
    for file in files:
        found.setdefault(file["category"], set()).add(file["language"])
    told: list[str] = []
    for category in CATEGORIES:
        if category in found and category != OTHER:
            languages = ", ".join(sorted(found[category] - {""}))
            label = LABELS[category] if not told else LABELS[category].lower()
            told.append(f"{label} in {languages}" if languages else label)
    return ", ".join(told)[:MESSAGE_LIMIT]


def watch(
    api: Api,
    folder: Folder,
    state: State,
    *,
    name: str = "",
    quiet: float = 30.0,
    interval: float = 2.0,
    on_top: bool = False,
    on_saved: Callable[[Saved, str], object] | None = None,
    listener: Listener = SILENCE,
    is_over: Callable[[], bool] = bool,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Save the folder whenever it has been quiet for a while and files of some stage are new, changed or gone.

    Files of no stage (logs, notes) are saved along with the next one. A portal that is away, and files that are still being written, are
    waited for.

    :raises ConflictError: somebody else saved, and ``on_top`` is false.
    :raises Problem: the portal refuses for good, as when the token has expired.
    """
    rest = Quiet(quiet)
    was_away = False
    while not is_over():
        listing = folder.listing()
        if listing.files and rest.is_ripe(listing.files, now=clock()):
            try:
                saved, message = save_stage(api, folder, state, name=name, on_top=on_top, listener=listener)
            except ChangedError:
                rest.disturb(now=clock())
            except (UnreachableError, UnavailableError) as error:
                if not was_away:
                    listener.tell(f"{error} It is tried again and again.")
                was_away = True
                rest.disturb(now=clock())
            else:
                was_away = False
                rest.done()
                if saved is not None and on_saved is not None:
                    on_saved(saved, message)
        sleep(interval)


def save_stage(
    api: Api, folder: Folder, state: State, *, name: str, on_top: bool, listener: Listener = SILENCE
) -> tuple[Saved | None, str]:
    """Save the folder if a stage has changed, with a message that says which."""
    plan = plan_save(api, folder, state, name=name, on_top=on_top, listener=listener)
    changed = [
        path for path, _, sha256 in hashes(folder, plan.listing, state) if plan.is_changed(path, sha256)
    ]
    touched = [*changed, *plan.vanished]
    if not touched:
        save(api, plan, state, listener=listener)  # which notes that nothing changed
        return None, ""
    session = plan.session["code"] if plan.session else None
    message = message_of(api.sort(touched, session=session)["files"])
    if not message and METADATA not in touched:
        return None, ""
    message = message or "Metadata"
    saved = save(api, plan, state, message=message, listener=listener)
    return (saved, message) if saved.is_new else (None, "")
