"""Conflicts: another user saved a version in the meantime."""

from __future__ import annotations

from collections.abc import Mapping

from dubbing_core.path_conflicts import PathConflicts, find_path_conflicts
from dubbing_core.sentences import join, sentence
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import ConflictError
from sessions_app.queries.manifests import find_changed_hashes, have_same_files


def is_up_to_date(session: DubbingSession, parent: int) -> bool:
    """Return whether a save based on version ``parent`` may become the next one.

    So it may if later versions changed no file: labels, languages and voices can be corrected while others work.
    """
    current = session.current.number if session.current else 0
    return parent == current or (parent < current and have_same_files(session, parent, current))


def describe_conflict(
    session: DubbingSession,
    *,
    parent: int = 0,
    saved: Mapping[str, str | None] | None = None,
    replaces_all: bool = False,
) -> ConflictError:
    """Return the error, with author, number and message of the current version.

    It names the paths in conflict where they are known.

    :param parent: number of the version on which the save is based.
    :param saved: what the save contains, by path, as for `find_path_conflicts`; None if unknown.
    :param replaces_all: the save removes every other file.
    """
    current = Version.objects.select_related("created_by").filter(pk=session.current_id or 0).first()
    if current is None:
        return ConflictError(
            sentence("This session has no version yet. Load its page again, then save."), current=0
        )
    author = current.saved_by or sentence("Another user")
    paths = PathConflicts()
    details = []
    if saved is not None and parent < current.number:
        base, other = find_changed_hashes(session, parent=parent, number=current.number)
        paths = find_path_conflicts(
            base=base,
            other=other,
            saved={path: saved.get(path) for path in {*base, *other} if replaces_all or path in saved},
            keeps_unchanged=not replaces_all,
        )
        details = [paths.describe()]
    version = sentence("version %(number)s", number=current.number)
    if current.message:
        version = sentence(
            "version %(number)s (“%(message)s”)", number=current.number, message=current.message
        )
    saved_while = sentence(
        "%(author)s saved %(version)s while you were working.", author=author, version=version
    )
    advice = sentence(
        "Your uploaded files are still stored: review version %(number)s, then save on top of it.",
        number=current.number,
    )
    return ConflictError(
        join([saved_while, *details, advice]),
        current=current.number,
        paths=paths,
    )


def describe_restore_conflict(current: Version) -> ConflictError:
    """Return the error of a restore that was chosen for an earlier version."""
    author = current.saved_by or sentence("Another user")
    return ConflictError(
        sentence(
            "%(author)s saved version %(number)s in the meantime, so nothing was restored. Review it, "
            "then restore again.",
            author=author,
            number=current.number,
        ),
        current=current.number,
    )
