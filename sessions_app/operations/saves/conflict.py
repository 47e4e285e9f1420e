"""Conflicts of saves: the paths that both sides changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import ConflictError
from sessions_app.operations.saves.placement import place_in_session
from sessions_app.operations.versions.conflict import describe_conflict
from sessions_app.queries.manifests import get_version_contents


def describe_save_conflict(
    session: DubbingSession,
    *,
    parent: int,
    hashes: Mapping[str, str],
    removed: Collection[str],
    replaces_all: bool,
    rooted: bool,
    targets: Mapping[str, str],
) -> ConflictError:
    """Return the error of a save whose parent is not the current version any more.

    :param hashes: SHA-256 of the files to save by path as received, "" where unknown.
    :param removed: paths in the session to remove.
    :param replaces_all: the save removes every other file.
    :param rooted: as for `place_in_session`, like `targets`.
    """
    base = Version.objects.filter(session=session, number=parent).first()
    if base is None and parent:
        return describe_conflict(session)
    contents = get_version_contents(base)
    saved: dict[str, str | None] = dict.fromkeys(removed)
    for placement in place_in_session(
        list(hashes), current=contents, rooted=rooted, removed=removed, targets=targets
    ):
        saved[placement.path] = hashes[placement.source]
    return describe_conflict(session, parent=parent, saved=saved, replaces_all=replaces_all)
