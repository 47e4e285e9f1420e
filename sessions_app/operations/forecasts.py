"""What an import would bring, under which name, with which conflicts: as a value that pages show and commands print."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

from sessions_app.domain.categories import METADATA, PRIVATE, Category, Placement
from sessions_app.domain.naming import free_name
from sessions_app.models import Blob, DubbingSession
from sessions_app.operations.contents import Contents
from sessions_app.operations.saves import video_name
from sessions_app.operations.sessions import taken_names
from sessions_app.zips.reader import Archive

SHOWN = 200
"""Of any list: what a person reads, and a job's row can hold."""
BATCH = 500


def forecast(
    archive: Archive,
    contents: Contents,
    *,
    owner: AbstractBaseUser,
    wanted_name: Callable[[Contents], str],
    now: datetime,
) -> dict[str, Any]:
    """Tell what an import of the archive would make, all of it JSON; lists are cut to SHOWN, counts are whole.

    The contents themselves are checked when they are imported, which is all or nothing.
    """
    wanted = wanted_name(contents)
    name = free_name(wanted, taken_names(owner.pk))
    kept = {placed.source for placed in contents.placements}
    ignored = [
        member.name
        for member in archive.members
        if not member.is_directory and _is_ignored(member.name, kept)
    ]
    return {
        "sessions": [_session(contents, name=name, wanted=wanted, now=now)],
        "conflicts": [{"code": "name_taken", "name": wanted, "becomes": name}] if name != wanted else [],
        "files": len(contents.placements) + len(contents.older),
        "size": contents.total_size,
        "known_size": _known_size(contents, owner),
        "ignored": ignored[:SHOWN],
        "ignored_count": len(ignored),
    }


def _is_ignored(name: str, kept: set[str]) -> bool:
    return name not in kept and not name.startswith(f"{PRIVATE}/") and name.rpartition("/")[2] != METADATA


def _session(contents: Contents, *, name: str, wanted: str, now: datetime) -> dict[str, Any]:
    sizes = {placed.path: contents.members[placed.source].size for placed in contents.placements}
    moved = [placed for placed in contents.placements if placed.source != placed.path]
    document = contents.document or {}
    return {
        "name": name,
        "wanted_name": wanted,
        "renamed": name != wanted,
        "made_by": _maker(contents),
        "video": document.get("video_name") or video_name(contents.placements) or "",
        "languages": _languages(contents),
        "files": len(sizes),
        "size": sum(sizes.values()),
        "categories": _categories(contents.placements, sizes),
        "versions": _versions(contents, sizes, now=now),
        "version_count": contents.history.newest if contents.history else 1,
        "moved": [{"from": placed.source, "to": placed.path} for placed in moved[:SHOWN]],
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
        for version, state in zip(contents.history.versions, contents.history.states(), strict=True)
    ]
    return rows[: -SHOWN - 1 : -1]


def _known_size(contents: Contents, owner: AbstractBaseUser | AnonymousUser) -> int:
    """Bytes that need no room because sessions this person may see hold them; of others nothing is told.

    Only archives of ours say which bytes they hold without being read to the end.
    """
    told = {
        contents.proven[placed.source].sha256: contents.members[placed.source].size
        for placed in contents.placements
        if contents.proven is not None and placed.source in contents.proven
    }
    told |= {sha256: member.size for sha256, member in contents.older.items()}
    theirs = DubbingSession.objects.visible_to(owner)
    digests = list(told)
    known: set[str] = set()
    for start in range(0, len(digests), BATCH):
        some = Blob.objects.filter(sha256__in=digests[start : start + BATCH], entries__session__in=theirs)
        known.update(some.values_list("sha256", flat=True))
    return sum(told[sha256] for sha256 in known)
