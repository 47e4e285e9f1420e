"""Plan of a save: the target of each file, and the new document.

Files are only checked for existence.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dubbing_client.dropin.document import (
    FILE_LISTS,
    ORIGINAL,
    as_json,
    check_data,
    find_progress,
    merge,
    preferred_name,
    with_existing_paths,
)
from dubbing_client.dropin.names import clean_name
from dubbing_core.categories import is_original_video
from dubbing_core.metadata import PATH_LISTS, PATHS_BY_LANGUAGE, relativize_path
from dubbing_core.timestamps import format_timestamp

ASSIGNMENTS = "voices/voice_assignments.json"


@dataclass
class SessionPlan:
    document: dict[str, Any] = field(default_factory=dict)
    """With paths of the session's tree."""
    files: dict[str, Path] = field(default_factory=dict)
    """Path in the session's tree -> file to copy."""
    written: dict[str, bytes] = field(default_factory=dict)
    """Path in the session's tree -> content of a file to write."""
    removed: set[str] = field(default_factory=set)
    """Files to remove: a former source video with another extension."""
    missing: list[str] = field(default_factory=list)
    """Files in the data that do not exist."""

    def resulting_sizes(self, existing: Mapping[str, int]) -> dict[str, int]:
        """Return the sizes of the session's files after the save, without metadata.json."""
        sizes = dict(existing)
        sizes |= {path: source.stat().st_size for path, source in self.files.items()}
        sizes |= {path: len(data) for path, data in self.written.items()}
        return {path: size for path, size in sizes.items() if path not in self.removed}


def plan_session(
    data: Mapping[str, Any],
    *,
    former: Mapping[str, Any],
    existing: Mapping[str, int],
    folder: Path,
    now: datetime,
) -> SessionPlan:
    """Plan a save of the original's session data.

    :param former: the document before the save, or nothing.
    :param existing: sizes of the session's files, by path in its tree.
    :param folder: the session's folder; files in it keep their names.
    :raises SessionError: the data have another structure than the original's.
    """
    data = check_data(data)
    plan = SessionPlan()
    placer = _Placer(plan, existing=existing, session_folder=folder)
    document = {key: value for key, value in data.items() if key not in {ORIGINAL, *FILE_LISTS}}
    for key, category in PATHS_BY_LANGUAGE.items():
        paths = {
            str(language): placer.place(
                raw, folder=category.folder, name=preferred_name(key, clean_name(str(language)))
            )
            for language, raw in (data.get(key) or {}).items()
            if raw and language
        }
        document[key] = {language: path for language, path in paths.items() if path}
    for key, category in PATH_LISTS.items():
        targets = [placer.place(raw, folder=category.folder) for raw in data.get(key) or () if raw]
        document[key] = [path for path in targets if path]
    for key, category in FILE_LISTS.items():
        for raw in data.get(key) or ():
            placer.place(raw, folder=category.folder)
    _place_original(data, document, plan, placer)

    plan.document = merge(with_existing_paths(former, existing), document)
    if plan.document.get("voices"):
        plan.written[ASSIGNMENTS] = as_json(plan.document["voices"])
        plan.files.pop(ASSIGNMENTS, None)
    _complete(plan, existing, former=former, now=now)
    return plan


def _place_original(
    data: Mapping[str, Any], document: dict[str, Any], plan: SessionPlan, placer: _Placer
) -> None:
    """Place the source video.

    It is ``original_video_path``, or ``video_name`` if that is the path of a file.
    """
    name = data.get("video_name") or ""
    source = data.get(ORIGINAL) or (name if name and Path(name).is_file() else None)
    if name:
        document["video_name"] = name.replace("\\", "/").rpartition("/")[2]
    elif source and not is_original_video(Path(source).name):
        document["video_name"] = Path(source).name
    target = placer.place(source, folder="", name="original_video") if source else None
    if target:
        plan.removed.update(path for path in placer.existing if is_original_video(path) and path != target)


def _complete(
    plan: SessionPlan, existing: Mapping[str, int], *, former: Mapping[str, Any], now: datetime
) -> None:
    document = plan.document
    document.setdefault("video_name", "")
    document.setdefault("transcription_text", "")
    for key in ("translations", "voices"):
        document.setdefault(key, {})
    languages = (*(document.get("languages") or ()), *document["translations"])
    document["languages"] = list(
        dict.fromkeys([*languages, *document["audio_paths"], *document["final_videos"]])
    )
    metadata = document.get("session_metadata") or {}
    sizes = plan.resulting_sizes(existing)
    document["session_metadata"] = {
        **metadata,
        "created_with_version": metadata.get("created_with_version") or "1.0",
        "pipeline_stage": find_progress(document, sizes).stage.value,
        "total_files": len(sizes),
    }
    document["created_at"] = former.get("created_at") or format_timestamp(now)
    document["last_updated"] = format_timestamp(now)
    document["last_accessed"] = former.get("last_accessed") or format_timestamp(now)


@dataclass
class _Placer:
    plan: SessionPlan
    existing: Collection[str]
    session_folder: Path

    def place(self, raw: Any, *, folder: str, name: str | None = None) -> str | None:
        """Plan a file's path in the tree and return it; None if there is no such file.

        :param name: the new name without extension; by default the file's own.
        """
        source = Path(os.fspath(raw) if isinstance(raw, os.PathLike) else str(raw))
        if not source.is_file():
            path = relativize_path(str(raw))
            if path in self.existing:
                return path
            self.plan.missing.append(str(raw))
            return None
        path = self._existing_path(source, folder) or self._free_path(source, folder, name)
        self.plan.files[path] = source
        return path

    def _existing_path(self, source: Path, folder: str) -> str | None:
        try:
            path = source.resolve().relative_to(self.session_folder.resolve()).as_posix()
        except ValueError:
            return None
        return path if path.startswith(f"{folder}/") or (not folder and is_original_video(path)) else None

    def _free_path(self, source: Path, folder: str, name: str | None) -> str:
        extension = source.suffix.lower() if name else source.suffix
        stem = name or clean_name(source.stem)
        base = f"{folder}/{stem}" if folder else stem
        path, number = f"{base}{extension}", 2
        # Two files with the same name get two paths; the same file listed twice gets one.
        while path in self.plan.files and not source.samefile(self.plan.files[path]):
            path, number = f"{base}_{number}{extension}", number + 1
        return path
