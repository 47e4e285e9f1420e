"""What an import would bring, under which name, with which conflicts: as a value that pages show and commands print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER, Category
from dubbing_core.placement import Placement
from dubbing_core.session_names import find_free_name, fold_session_name
from dubbing_core.zips.reader import Archive
from sessions_app.access import visible_to
from sessions_app.models import Blob, DubbingSession
from sessions_app.operations.imports.plan import Contents
from sessions_app.operations.saves.placement import find_video_name
from sessions_app.operations.sessions.names import list_folded_names

SHOWN = 200
"""Of any list: what a person reads, and a job's row can hold."""
BATCH = 500


def forecast(
    archive: Archive, named: Sequence[tuple[str, Contents]], *, owner: AbstractBaseUser, now: datetime
) -> dict[str, Any]:
    """Tell what an import of the archive would make, all of it JSON; lists are cut to SHOWN, counts are whole.

    The contents themselves are checked when they are imported, which is all or nothing.

    :param named: what becomes a session, and the name that is wanted for it.
    """
    taken = list_folded_names(owner.pk)
    rows = []
    for wanted, contents in named:
        name = find_free_name(wanted, taken)
        taken.add(fold_session_name(name))
        rows.append(_session(contents, name=name, wanted=wanted, now=now, shown=max(5, SHOWN // len(named))))
    ignored = _ignored(archive, [contents for _, contents in named])
    return {
        "sessions": rows[:SHOWN],
        "session_count": len(rows),
        "conflicts": [
            {"code": "name_taken", "name": row["requested_name"], "becomes": row["name"]}
            for row in rows
            if row["renamed"]
        ][:SHOWN],
        "files": sum(len(contents.stored) for _, contents in named),
        "size": sum(contents.total_size for _, contents in named),
        "known_size": _known_size([contents for _, contents in named], owner),
        "ignored": ignored[:SHOWN],
        "ignored_count": len(ignored),
    }


def _ignored(archive: Archive, contents: Sequence[Contents]) -> list[str]:
    """What nobody misses: litter of operating systems."""
    meant = {member.name for each in contents for member in each.stored}
    own = tuple(f"{each.folder}{PRIVATE_FOLDER}/" for each in contents)
    return [
        member.name
        for member in archive.members
        if not member.is_directory
        and member.name not in meant
        and not member.name.startswith(own)
        and member.name.rpartition("/")[2] != METADATA_NAME
    ]


def _session(contents: Contents, *, name: str, wanted: str, now: datetime, shown: int) -> dict[str, Any]:
    sizes = {placed.path: contents.members[placed.source].size for placed in contents.placements}
    moved = [placed for placed in contents.placements if placed.source != placed.path]
    document = contents.document or {}
    return {
        "name": name,
        "requested_name": wanted,
        "renamed": name != wanted,
        "made_by": _maker(contents),
        "video": document.get("video_name") or find_video_name(contents.placements) or "",
        "languages": _languages(contents),
        "files": len(sizes),
        "size": sum(sizes.values()),
        "categories": _categories(contents.placements, sizes),
        "versions": _versions(contents, sizes, now=now)[:shown],
        "version_count": contents.history.newest if contents.history else 1,
        "moved": [{"from": contents.folder + placed.source, "to": placed.path} for placed in moved[:shown]],
        "moved_count": len(moved),
    }


def _maker(contents: Contents) -> str:
    if contents.is_ours:
        return "portal"
    return "folder" if contents.document is None else "session_manager"


def _languages(contents: Contents) -> list[str]:
    found = [*contents.languages, *(placed.language for placed in contents.placements)]
    return [language for language in dict.fromkeys(found) if language][:SHOWN]


def _categories(placements: Sequence[Placement], sizes: dict[str, int]) -> list[dict[str, Any]]:
    rows = []
    for category in Category:
        paths = [placed.path for placed in placements if placed.category is category]
        if paths:
            size = sum(sizes[path] for path in paths)
            rows.append(
                {"category": category.value, "label": category.label, "files": len(paths), "size": size}
            )
    return rows


def _versions(contents: Contents, sizes: dict[str, int], *, now: datetime) -> list[dict[str, Any]]:
    """The newest first."""
    if contents.history is None:
        only = {"number": 1, "message": "", "saved_at": now.isoformat(), "saved_by": "", "files": len(sizes)}
        return [only | {"size": sum(sizes.values())}]
    rows = [
        {
            "number": version.number,
            "message": version.message,
            "saved_at": version.saved_at.isoformat() if version.saved_at else None,
            "saved_by": version.saved_by,
            "files": len(state),
            "size": sum(entry.size for entry in state.values()),
        }
        for version, state in zip(contents.history.versions, contents.history.iter_states(), strict=True)
    ]
    return rows[::-1]


def _known_size(contents: Sequence[Contents], owner: AbstractBaseUser | AnonymousUser) -> int:
    """Bytes that need no room because sessions this person may see hold them; of others nothing is told.

    Only archives of ours say which bytes they hold without being read to the end.
    """
    told: dict[str, int] = {}
    for each in contents:
        proven = each.proven or {}
        told |= {
            proven[placed.source].sha256: each.members[placed.source].size
            for placed in each.placements
            if placed.source in proven
        }
        told |= {sha256: member.size for sha256, member in each.older.items()}
    theirs = visible_to(owner, DubbingSession.objects.all())
    digests = list(told)
    known: set[str] = set()
    for start in range(0, len(digests), BATCH):
        some = Blob.objects.filter(sha256__in=digests[start : start + BATCH], entries__session__in=theirs)
        known.update(some.values_list("sha256", flat=True))
    return sum(told[sha256] for sha256 in known)
