"""Preview of an import, as JSON for pages, API and command.

It contains the sessions, their names and conflicts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER, Category
from dubbing_core.placement import Placement
from dubbing_core.session_names import fold_session_name
from dubbing_core.zips.reader import Archive
from sessions_app.operations.imports.plan import SessionPlan
from sessions_app.operations.saves.placement import find_video_name
from sessions_app.operations.sessions.names import find_free_session_name
from sessions_app.queries.blobs import find_readable_blobs

MAX_ITEMS = 200
"""Items of any list, as a person reads and a job's row can store; the counts beside the lists are exact."""
MIN_ITEMS = 5
"""Items of the lists of each session where there are many sessions."""


def build_import_preview(
    archive: Archive,
    named_plans: Sequence[tuple[str, SessionPlan]],
    *,
    owner: AbstractBaseUser,
    now: datetime,
) -> dict[str, Any]:
    """Return the sessions that an import of the archive would create.

    File contents are not checked: the import does that before it creates anything.

    :param named_plans: requested name and plan of each session.
    """
    reserved: set[str] = set()
    item_count = max(MIN_ITEMS, MAX_ITEMS // len(named_plans))
    rows = []
    for requested, plan in named_plans:
        name = find_free_session_name(owner.pk, requested, reserved=reserved)
        reserved.add(fold_session_name(name))
        rows.append(_describe_session(plan, name=name, requested=requested, now=now, item_count=item_count))
    plans = [plan for _, plan in named_plans]
    ignored = _list_ignored(archive, plans)
    return {
        "sessions": rows[:MAX_ITEMS],
        "session_count": len(rows),
        "conflicts": [
            {"code": "name_taken", "name": row["requested_name"], "becomes": row["name"]}
            for row in rows
            if row["renamed"]
        ][:MAX_ITEMS],
        "files": sum(len(plan.stored_members) for plan in plans),
        "size": sum(plan.total_size for plan in plans),
        "known_size": get_known_size(plans, owner),
        "ignored": ignored[:MAX_ITEMS],
        "ignored_count": len(ignored),
    }


def _list_ignored(archive: Archive, plans: Sequence[SessionPlan]) -> list[str]:
    """Return the members that an import omits, such as files of operating systems."""
    stored = {member.name for plan in plans for member in plan.stored_members}
    private = tuple(f"{plan.folder}{PRIVATE_FOLDER}/" for plan in plans)
    return [
        member.name
        for member in archive.members
        if not member.is_directory
        and member.name not in stored
        and not member.name.startswith(private)
        and member.name.rpartition("/")[2] != METADATA_NAME
    ]


def _describe_session(
    plan: SessionPlan, *, name: str, requested: str, now: datetime, item_count: int
) -> dict[str, Any]:
    sizes = {placed.path: plan.members[placed.source].size for placed in plan.placements}
    moved = [placed for placed in plan.placements if placed.source != placed.path]
    document = plan.document or {}
    return {
        "name": name,
        "requested_name": requested,
        "renamed": name != requested,
        "made_by": _identify_source(plan),
        "video": document.get("video_name") or find_video_name(plan.placements) or "",
        "languages": _list_languages(plan),
        "files": len(sizes),
        "size": sum(sizes.values()),
        "categories": _summarize_categories(plan.placements, sizes),
        "versions": _list_versions(plan, sizes, now=now)[:item_count],
        "version_count": plan.history.newest if plan.history else 1,
        "moved": [{"from": plan.folder + placed.source, "to": placed.path} for placed in moved[:item_count]],
        "moved_count": len(moved),
    }


def _identify_source(plan: SessionPlan) -> str:
    if plan.is_export:
        return "portal"
    return "folder" if plan.document is None else "session_manager"


def _list_languages(plan: SessionPlan) -> list[str]:
    languages = [*plan.languages, *(placed.language for placed in plan.placements)]
    return [language for language in dict.fromkeys(languages) if language][:MAX_ITEMS]


def _summarize_categories(placements: Sequence[Placement], sizes: dict[str, int]) -> list[dict[str, Any]]:
    rows = []
    for category in Category:
        paths = [placed.path for placed in placements if placed.category is category]
        if paths:
            size = sum(sizes[path] for path in paths)
            rows.append(
                {"category": category.value, "label": category.label, "files": len(paths), "size": size}
            )
    return rows


def _list_versions(plan: SessionPlan, sizes: dict[str, int], *, now: datetime) -> list[dict[str, Any]]:
    """Return the versions, the newest first."""
    if plan.history is None:
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
        for version, state in zip(plan.history.versions, plan.history.iter_states(), strict=True)
    ]
    return rows[::-1]


def get_known_size(plans: Sequence[SessionPlan], owner: AbstractBaseUser) -> int:
    """Return the bytes of files that are in sessions visible to the user already.

    They need no space.

    Only exports declare the hashes of their files; for other archives the result is 0.
    """
    sizes: dict[str, int] = {}
    for plan in plans:
        checksums = plan.checksums or {}
        sizes |= {
            checksums[placed.source].sha256: plan.members[placed.source].size
            for placed in plan.placements
            if placed.source in checksums
        }
        sizes |= {sha256: member.size for sha256, member in plan.older_members.items()}
    return sum(sizes[sha256] for sha256 in find_readable_blobs(owner, sizes))
