"""Decides what a save writes: which file goes where, and what the document says. Nothing is read but whether a file is there."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dubbing_client.sessions.document import (
    BY_LANGUAGE,
    FILE_LISTS,
    LISTS,
    ORIGINAL,
    as_json,
    check,
    is_original,
    made_true,
    merged,
    moment,
    tree_path,
)
from dubbing_client.sessions.names import clean_name

ASSIGNMENTS = "voices/voice_assignments.json"
STAGES = ("empty", "transcribed", "translated", "voiced", "dubbed", "completed")


@dataclass
class Plan:
    document: dict[str, Any] = field(default_factory=dict)
    """With the paths of the session's tree."""
    files: dict[str, Path] = field(default_factory=dict)
    """Where each file is to be taken from, by its path in the session's tree."""
    written: dict[str, bytes] = field(default_factory=dict)
    """What no file holds yet, by its path in the session's tree."""
    removed: set[str] = field(default_factory=set)
    """What gives way: a source video of another kind."""
    missing: list[str] = field(default_factory=list)
    """What was named and is not there."""

    def present(self, kept: Collection[str]) -> set[str]:
        """The session's files after the save, without its metadata.json."""
        return (set(kept) | set(self.files) | set(self.written)) - self.removed


def plan_save(
    data: Mapping[str, Any],
    *,
    former: Mapping[str, Any],
    kept: Collection[str],
    home: Path,
    now: datetime,
) -> Plan:
    """Plan a save.

    :param former: the document as it is, or nothing.
    :param kept: the files that the session has, by their paths in its tree.
    :param home: the session's folder. What the data name inside of it stays what it is called.
    :raises SessionError: the data are of another shape than the original's.
    """
    said = check(dict(data), "The session's data")
    plan = Plan()
    sorter = _Sorter(plan, kept=kept, home=home)
    document = {key: value for key, value in said.items() if key not in {ORIGINAL, *FILE_LISTS}}
    for key, (folder, ending) in BY_LANGUAGE.items():
        paths = {
            str(language): sorter.place(raw, folder=folder, name=f"{clean_name(str(language))}{ending}")
            for language, raw in (said.get(key) or {}).items()
            if raw and language
        }
        document[key] = {language: path for language, path in paths.items() if path}
    for key, folder in LISTS.items():
        placed = [sorter.place(raw, folder=folder) for raw in said.get(key) or () if raw]
        document[key] = [path for path in placed if path]
    for key, folder in FILE_LISTS.items():
        for raw in said.get(key) or ():
            sorter.place(raw, folder=folder)
    _place_original(said, document, plan, sorter)

    plan.document = merged(made_true(former, kept), document)
    if plan.document.get("voices"):
        plan.written[ASSIGNMENTS] = as_json(plan.document["voices"])
        plan.files.pop(ASSIGNMENTS, None)
    _complete(plan, kept, former=former, now=now)
    return plan


def _place_original(said: Mapping[str, Any], document: dict[str, Any], plan: Plan, sorter: _Sorter) -> None:
    """The source video is named by ``original_video_path``, or by ``video_name`` where that is a file's path."""
    name = said.get("video_name") or ""
    named = said.get(ORIGINAL) or (name if name and Path(name).is_file() else None)
    if name:
        document["video_name"] = name.replace("\\", "/").rpartition("/")[2]
    elif named and not is_original(Path(named).name):
        document["video_name"] = Path(named).name
    placed = sorter.place(named, folder="", name="original_video") if named else None
    if placed:
        plan.removed.update(path for path in sorter.kept if is_original(path) and path != placed)


def _complete(plan: Plan, kept: Collection[str], *, former: Mapping[str, Any], now: datetime) -> None:
    document = plan.document
    document.setdefault("video_name", "")
    document.setdefault("transcription_text", "")
    for key in ("translations", "voices"):
        document.setdefault(key, {})
    spoken = (*(document.get("languages") or ()), *document["translations"])
    document["languages"] = list(
        dict.fromkeys([*spoken, *document["audio_paths"], *document["final_videos"]])
    )
    told = document.get("session_metadata") or {}
    document["session_metadata"] = {
        **told,
        "created_with_version": told.get("created_with_version") or "1.0",
        "pipeline_stage": stage(document),
        "total_files": len(plan.present(kept)),
    }
    document["created_at"] = former.get("created_at") or moment(now)
    document["last_updated"] = moment(now)
    document["last_accessed"] = former.get("last_accessed") or moment(now)


def stage(document: Mapping[str, Any]) -> str:
    """The furthest stage reached; `completed` when all that leads there was kept."""
    done = [
        bool(document.get("transcription_text")),
        bool(document.get("translations")),
        bool(document.get("audio_paths")),
        bool(document.get("final_videos") or document.get("mixed_videos")),
    ]
    if all(done):
        return STAGES[-1]
    return STAGES[max((at + 1 for at, is_done in enumerate(done) if is_done), default=0)]


@dataclass
class _Sorter:
    plan: Plan
    kept: Collection[str]
    home: Path

    def place(self, raw: Any, *, folder: str, name: str | None = None) -> str | None:
        """Plan a file's place in the tree, and return it; None when there is no such file.

        :param name: what to call it, without extension; as it is called when none is given.
        """
        source = Path(os.fspath(raw) if isinstance(raw, os.PathLike) else str(raw))
        if not source.is_file():
            known = tree_path(raw)
            if known in self.kept:
                return known
            self.plan.missing.append(str(raw))
            return None
        path = self._inside(source, folder) or self._free(source, folder, name)
        self.plan.files[path] = source
        return path

    def _inside(self, source: Path, folder: str) -> str | None:
        try:
            path = source.resolve().relative_to(self.home.resolve()).as_posix()
        except ValueError:
            return None
        return path if path.startswith(f"{folder}/") or (not folder and is_original(path)) else None

    def _free(self, source: Path, folder: str, name: str | None) -> str:
        extension = source.suffix.lower() if name else source.suffix
        stem = name or clean_name(source.stem)
        wanted = f"{folder}/{stem}" if folder else stem
        path, number = f"{wanted}{extension}", 2
        # Two files of one name are two files; the same file named twice is one.
        while path in self.plan.files and not source.samefile(self.plan.files[path]):
            path, number = f"{wanted}_{number}{extension}", number + 1
        return path
