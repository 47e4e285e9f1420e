"""Preview of an import, as JSON for pages, API and command.

It contains the sessions, their names and conflicts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from dubbing_core.categories import METADATA_NAME, PRIVATE_FOLDER, Category
from dubbing_core.labels import Role
from dubbing_core.paths import LIST_LIMIT, escape_unprintable
from dubbing_core.placement import Placement
from dubbing_core.session_names import fold_session_name
from dubbing_core.zips.name_encodings import NameReading
from dubbing_core.zips.name_readings import ReadNames
from dubbing_core.zips.reader import Archive
from sessions_app.operations.imports.plan import ArchivePlan, FailedSession, SessionPlan
from sessions_app.operations.saves.placement import find_video_name
from sessions_app.operations.sessions.names import find_free_session_name
from sessions_app.queries.blobs import find_readable_blobs

MAX_ITEMS = 200
"""Items of any list, as a person reads and a job's row can store; the counts beside the lists are exact."""
MIN_ITEMS = 5
"""Items of the lists of each session where there are many sessions."""


def build_import_preview(
    archive: Archive,
    plan: ArchivePlan,
    *,
    names: Mapping[str, str],
    owner: AbstractBaseUser,
    now: datetime,
) -> dict[str, Any]:
    """Return the sessions that an import of the archive would create.

    File contents are not checked: the import does that before it creates anything.

    :param names: requested name of each session by its folder.
    """
    plans = plan.sessions
    reserved: set[str] = set()
    item_count = max(MIN_ITEMS, MAX_ITEMS // len(plans))
    rows = []
    for session in plans:
        requested = names[session.folder]
        name = find_free_session_name(owner.pk, requested, reserved=reserved)
        reserved.add(fold_session_name(name))
        rows.append(
            _describe_session(session, name=name, requested=requested, now=now, item_count=item_count)
        )
    ignored = _list_ignored(archive, plans, plan.left_out)
    return {
        "sessions": rows[:MAX_ITEMS],
        "session_count": len(rows),
        "conflicts": [
            {"code": "name_taken", "name": row["requested_name"], "becomes": row["name"]}
            for row in rows
            if row["renamed"]
        ][:MAX_ITEMS],
        "files": sum(session.file_count for session in plans),
        "size": sum(session.total_size for session in plans),
        "known_size": get_known_size(plans, owner),
        "ignored": ignored[:MAX_ITEMS],
        "ignored_count": len(ignored),
        "other_folders": [_describe_folder(archive, folder) for folder in plan.other_folders[:MAX_ITEMS]],
        **describe_rest(plan, plan.failed),
    }


def describe_rest(plan: ArchivePlan, failed: Sequence[FailedSession]) -> dict[str, Any]:
    """Return what an import of the plan does not create, and what it could not read."""
    warnings = [{"folder": session.folder, "messages": session.warnings} for session in plan.sessions]
    return {
        "left_out": list(plan.left_out[:MAX_ITEMS]),
        "left_out_count": len(plan.left_out),
        "failed": [each.as_dict() for each in failed[:MAX_ITEMS]],
        "failed_count": len(failed),
        "warnings": [warning for warning in warnings if warning["messages"]][:MAX_ITEMS],
    }


def describe_readings(readings: Sequence[ReadNames], reading: NameReading) -> dict[str, Any]:
    """Return how the names could be read, for a person to compare.

    :param reading: the one of the preview.
    """
    return {
        "reading": reading.value,
        "readings": [
            {
                "reading": each.reading.value,
                "label": each.reading.label,
                "names": [escape_unprintable(name) for name in each.changed[:LIST_LIMIT]],
                "name_count": len(each.changed),
            }
            for each in readings
        ],
    }


def _describe_folder(archive: Archive, folder: str) -> dict[str, Any]:
    files = [member for member in archive.files if member.name.startswith(folder)]
    return {"folder": folder, "files": len(files), "size": sum(member.size for member in files)}


def _list_ignored(archive: Archive, plans: Sequence[SessionPlan], left_out: Sequence[str]) -> list[str]:
    """Return the members that an import omits, such as files of operating systems."""
    stored = {*left_out, *(member.name for plan in plans for member in plan.stored_members)}
    private = tuple(f"{plan.folder}{PRIVATE_FOLDER}/" for plan in plans)
    documents = {f"{plan.folder}{METADATA_NAME}" for plan in plans}
    return [
        member.name
        for member in archive.members
        if not member.is_directory
        and member.name not in stored
        and not member.name.startswith(private)
        and member.name not in documents
    ]


def _describe_session(
    plan: SessionPlan, *, name: str, requested: str, now: datetime, item_count: int
) -> dict[str, Any]:
    sizes = {
        placed.path: plan.members[placed.source].size
        for placed in plan.placements
        if placed.role is not Role.SESSION_METADATA
    }
    moved = [placed for placed in plan.placements if placed.path in sizes and placed.source != placed.path]
    document = plan.document or {}
    missing = plan.missing_files
    return {
        "folder": plan.folder,
        "missing": missing[:item_count],
        "missing_count": len(missing),
        "warnings": list(plan.warnings),
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
        paths = [placed.path for placed in placements if placed.category is category and placed.path in sizes]
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
        checksums = plan.checksums
        sizes |= {
            checksums[placed.source].sha256: plan.members[placed.source].size
            for placed in plan.placements
            if placed.source in checksums
        }
        sizes |= {sha256: member.size for sha256, member in plan.older_members.items()}
    return sum(sizes[sha256] for sha256 in find_readable_blobs(owner, sizes))
