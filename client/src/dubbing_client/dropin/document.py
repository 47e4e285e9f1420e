"""The original session manager's metadata.json: read, merged with the data of a save, and written in its format.

Inside the client the document has paths of the session's tree (`audio/hi_audio.wav`); in the file they are
`sessions/<session name>/audio/hi_audio.wav`; ``load_session`` returns paths of existing files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Any

from dubbing_client.dropin.errors import SessionError

METADATA = "metadata.json"
SIZE_LIMIT = 16 * 1024 * 1024
"""In bytes, as in the portal."""
FOLDERS = (
    "transcriptions",
    "translations",
    "voices",
    "audio",
    "final_videos",
    "custom_voices",
    "mixed_videos",
)
BY_LANGUAGE = {"audio_paths": ("audio", "_audio"), "final_videos": ("final_videos", "_final")}
"""Keys of paths by language, with their folder and the end of file names after the language."""
LISTS = {"custom_voices": "custom_voices", "mixed_videos": "mixed_videos"}
FILE_LISTS = {"transcription_files": "transcriptions", "translation_files": "translations"}
"""Keys that a save accepts and a load returns, but that are not written to the file."""
ORIGINAL = "original_video_path"
"""The same for the source video."""
TEXTS = ("video_name", "transcription_text")
OBJECTS = ("translations", "voices", "session_metadata")
ORDER = (
    *("session_name", "video_name", "languages", "transcription_text", "translations", "voices"),
    *("audio_paths", "final_videos", "custom_voices", "mixed_videos", "session_metadata"),
    *("created_at", "last_updated", "last_accessed"),
)


def parse(data: bytes) -> dict[str, Any]:
    """Read a metadata.json.

    :raises SessionError: it is damaged.
    """
    if len(data) > SIZE_LIMIT:
        raise SessionError(f"Its metadata.json is larger than {SIZE_LIMIT // 1024**2} MiB.")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SessionError("Its metadata.json is damaged: it is not JSON.") from error
    return check(document, "Its metadata.json")


def check(document: Any, what: str) -> dict[str, Any]:
    """Check the types of known keys; null counts as absent.

    :raises SessionError: a value has the wrong type.
    """
    if not isinstance(document, dict):
        raise SessionError(f"{what} is not an object.")
    shapes: dict[str, tuple[Any, str]] = {
        **dict.fromkeys(TEXTS, (str, "a text")),
        **dict.fromkeys((*OBJECTS, *BY_LANGUAGE), (dict, "an object")),
        **dict.fromkeys(("languages", *LISTS, *FILE_LISTS), ((list, tuple), "a list")),
    }
    for key, (kind, name) in shapes.items():
        if document.get(key) is not None and not isinstance(document[key], kind):
            raise SessionError(f"{what}: the value of “{key}” is not {name}.")
    return {key: value for key, value in document.items() if value is not None}


def tree_path(raw: object) -> str | None:
    r"""`C:\work\sessions\talk\audio\hi.wav` -> `audio/hi.wav`; None for a path in no folder of a session."""
    parts = [part for part in str(raw).replace("\\", "/").split("/") if part not in {"", "."}]
    folders = [at for at, part in enumerate(parts[:-1]) if part in FOLDERS]
    if not folders or ".." in parts:
        return None
    # `sessions/<name>/<folder>/`, for sessions that are named like one of the folders.
    named = [at for at in folders if at > 1 and parts[at - 2] == "sessions"]
    start = 0 if folders[0] == 0 else (named or folders[-1:])[0]
    return "/".join(parts[start:])


def with_existing_paths(document: Mapping[str, Any], present: Collection[str]) -> dict[str, Any]:
    """Return the document with paths of the session's tree, of existing files only.

    The original recorded the path that a file was copied from, and named the copy after its language.
    """
    result = dict(document)
    for key, (folder, ending) in BY_LANGUAGE.items():
        paths = {
            language: _find(raw, folder, present)
            or _first_with_prefix(f"{folder}/{language}{ending}.", present)
            for language, raw in (document.get(key) or {}).items()
        }
        result[key] = {language: path for language, path in paths.items() if path}
    for key, folder in LISTS.items():
        named = [_find(raw, folder, present) for raw in document.get(key) or ()]
        result[key] = list(dict.fromkeys(path for path in named if path))
    return result


def merge(former: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document after a save of ``data``: values are added and replaced, never removed.

    Empty values change nothing: a pipeline that has emptied its folder does not empty the session.
    """
    document = dict(former)
    for key, value in data.items():
        if key in {"translations", "voices", "session_metadata", *BY_LANGUAGE}:
            document[key] = {**(former.get(key) or {}), **(value or {})}
        elif key in {"languages", *LISTS}:
            document[key] = list(dict.fromkeys([*(former.get(key) or ()), *(value or ())]))
        elif value not in (None, "", [], {}) or key not in former:
            document[key] = value
    return document


def render(document: Mapping[str, Any], *, session_name: str) -> bytes:
    """Return the file as the original writes it: its keys first and in its order, then the others.

    :raises SessionError: as :func:`as_json`.
    """
    prefix = f"sessions/{session_name}/"
    written = {key: document[key] for key in ORDER if key in document}
    written.update((key, value) for key, value in document.items() if key not in written)
    written = {"session_name": "", **written}
    written["session_name"] = session_name
    for key in BY_LANGUAGE:
        written[key] = {language: prefix + path for language, path in (written.get(key) or {}).items()}
    for key in LISTS:
        written[key] = [prefix + path for path in written.get(key) or ()]
    return as_json(written)


def as_json(value: Any) -> bytes:
    """Return a value as JSON.

    :raises SessionError: it contains something else.
    """
    try:
        return json.dumps(
            value, indent=2, ensure_ascii=False, allow_nan=False, default=_as_json_type
        ).encode()
    except (TypeError, ValueError) as error:
        raise SessionError(f"The session's data cannot be written as JSON: {error}.") from error


def with_local_paths(
    document: Mapping[str, Any], *, name: str, folder: str, present: Collection[str]
) -> dict[str, Any]:
    """Return the document as ``load_session`` does: with paths in ``folder``, of existing files."""
    known = with_existing_paths(document, present)
    result: dict[str, Any] = {**known, "session_name": name}
    for key in BY_LANGUAGE:
        result[key] = {language: _join(folder, path) for language, path in known[key].items()}
    for key in LISTS:
        result[key] = [_join(folder, path) for path in known[key]]
    for key, part in FILE_LISTS.items():
        result[key] = [_join(folder, path) for path in sorted(present) if path.startswith(f"{part}/")]
    original = find_original(present)
    if original:
        result[ORIGINAL] = _join(folder, original)
    return result


def find_original(present: Iterable[str]) -> str | None:
    return next((path for path in sorted(present) if is_original(path)), None)


def is_original(path: str) -> bool:
    return "/" not in path and PurePosixPath(path).stem == "original_video"


def summary(document: Mapping[str, Any], *, name: str, file_count: int) -> dict[str, Any]:
    """Return the original's ``get_session_info``."""
    return {
        "session_name": name,
        "video_name": document.get("video_name") or "Unknown",
        "languages": list(document.get("languages") or []),
        "created_at": document.get("created_at") or "Unknown",
        "last_updated": document.get("last_updated") or "Unknown",
        "has_transcription": bool(document.get("transcription_text")),
        "has_translations": bool(document.get("translations")),
        "has_audio": bool(document.get("audio_paths")),
        "has_videos": bool(document.get("final_videos")),
        "voice_assignments": dict(document.get("voices") or {}),
        "file_count": file_count,
    }


def format_time(now: datetime) -> str:
    """Format a time as the original does: without a zone, always with microseconds."""
    if now.tzinfo is not None:
        now = now.astimezone(timezone.utc).replace(tzinfo=None)
    return now.isoformat(timespec="microseconds")


def _find(raw: object, folder: str, present: Collection[str]) -> str | None:
    base = str(raw).replace("\\", "/").rpartition("/")[2]
    candidates = (tree_path(raw), f"{folder}/{base}")
    return next(
        (path for path in candidates if path and path in present and path.startswith(f"{folder}/")), None
    )


def _first_with_prefix(prefix: str, present: Collection[str]) -> str | None:
    return next((path for path in sorted(present) if path.startswith(prefix)), None)


def _join(folder: str, path: str) -> str:
    return str(Path(folder, *path.split("/")))


def _as_json_type(value: object) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not a JSON type")
