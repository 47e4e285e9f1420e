"""The original session manager's metadata.json: read, brought together with what a save says, and written in its format.

Inside the client the document's paths are those of the session's tree (`audio/hi_audio.wav`); in the file they read
`sessions/<session name>/audio/hi_audio.wav`; whoever loads gets paths of files that are there.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path, PurePosixPath
from typing import Any

from dubbing_client.sessions.errors import SessionError

METADATA = "metadata.json"
SIZE_LIMIT = 16 * 1024 * 1024
"""In bytes; that of the portal."""
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
"""Keys whose value is a path by language: the folder, and what follows the language in a file's name."""
LISTS = {"custom_voices": "custom_voices", "mixed_videos": "mixed_videos"}
FILE_LISTS = {"transcription_files": "transcriptions", "translation_files": "translations"}
"""Keys that a save takes and a load gives, but that are not written: the folder says it all."""
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
    """:raises SessionError: this is no metadata.json."""
    if len(data) > SIZE_LIMIT:
        raise SessionError(f"Its metadata.json is larger than {SIZE_LIMIT // 1024**2} MiB.")
    try:
        document = json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SessionError("Its metadata.json is damaged: it is not JSON.") from error
    return check(document, "Its metadata.json")


def check(document: Any, what: str) -> dict[str, Any]:
    """Make sure that the known keys hold what they should; null counts as absent.

    :raises SessionError: naming the key.
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
            raise SessionError(f"{what} holds for “{key}” something that is not {name}.")
    return {key: value for key, value in document.items() if value is not None}


def tree_path(raw: object) -> str | None:
    r"""`C:\work\sessions\talk\audio\hi.wav` -> `audio/hi.wav`; None for what lies in no folder of ours."""
    parts = [part for part in str(raw).replace("\\", "/").split("/") if part not in {"", "."}]
    folders = [at for at, part in enumerate(parts[:-1]) if part in FOLDERS]
    if not folders or ".." in parts:
        return None
    # `sessions/<name>/<folder>/`, for sessions that are named like one of the folders.
    named = [at for at in folders if at > 1 and parts[at - 2] == "sessions"]
    start = 0 if folders[0] == 0 else (named or folders[-1:])[0]
    return "/".join(parts[start:])


def made_true(document: Mapping[str, Any], present: Collection[str]) -> dict[str, Any]:
    """The document with the paths of the session's tree, as far as their files are there.

    The original wrote down where a file came from and copied it under the name that its language gives it.
    """
    true = dict(document)
    for key, (folder, ending) in BY_LANGUAGE.items():
        paths = {
            language: _find(raw, folder, present) or _named(f"{folder}/{language}{ending}.", present)
            for language, raw in (document.get(key) or {}).items()
        }
        true[key] = {language: path for language, path in paths.items() if path}
    for key, folder in LISTS.items():
        named = [_find(raw, folder, present) for raw in document.get(key) or ()]
        true[key] = list(dict.fromkeys(path for path in named if path))
    return true


def merged(former: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    """What a save makes of the document: it adds and replaces, and never takes away what it does not mention.

    An empty value mentions nothing: a pipeline that has wiped its folder does not wipe the session.
    """
    document = dict(former)
    for key, value in said.items():
        if key in {"translations", "voices", "session_metadata", *BY_LANGUAGE}:
            document[key] = {**(former.get(key) or {}), **(value or {})}
        elif key in {"languages", *LISTS}:
            document[key] = list(dict.fromkeys([*(former.get(key) or ()), *(value or ())]))
        elif value not in (None, "", [], {}) or key not in former:
            document[key] = value
    return document


def rendered(document: Mapping[str, Any], *, session_name: str) -> bytes:
    """Write the file as the original does: its keys first and in its order, then the others.

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
    """:raises SessionError: something in it is not JSON."""
    try:
        return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False, default=_plain).encode()
    except (TypeError, ValueError) as error:
        raise SessionError(f"The session's data cannot be written as JSON: {error}.") from error


def located(
    document: Mapping[str, Any], *, name: str, folder: str, present: Collection[str]
) -> dict[str, Any]:
    """The document as ``load_session`` gives it: with paths below ``folder``, of files that are there."""
    true = made_true(document, present)
    found: dict[str, Any] = {**true, "session_name": name}
    for key in BY_LANGUAGE:
        found[key] = {language: _below(folder, path) for language, path in true[key].items()}
    for key in LISTS:
        found[key] = [_below(folder, path) for path in true[key]]
    for key, part in FILE_LISTS.items():
        found[key] = [_below(folder, path) for path in sorted(present) if path.startswith(f"{part}/")]
    original = original_among(present)
    if original:
        found[ORIGINAL] = _below(folder, original)
    return found


def original_among(present: Iterable[str]) -> str | None:
    return next((path for path in sorted(present) if is_original(path)), None)


def is_original(path: str) -> bool:
    return "/" not in path and PurePosixPath(path).stem == "original_video"


def summary(document: Mapping[str, Any], *, name: str, file_count: int) -> dict[str, Any]:
    """The original's ``get_session_info``."""
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


def moment(now: datetime) -> str:
    """As the original writes it: without a zone, and microseconds even when they are zero."""
    if now.tzinfo is not None:
        now = now.astimezone(timezone.utc).replace(tzinfo=None)
    return now.isoformat(timespec="microseconds")


def _find(raw: object, folder: str, present: Collection[str]) -> str | None:
    base = str(raw).replace("\\", "/").rpartition("/")[2]
    candidates = (tree_path(raw), f"{folder}/{base}")
    return next(
        (path for path in candidates if path and path in present and path.startswith(f"{folder}/")), None
    )


def _named(beginning: str, present: Collection[str]) -> str | None:
    return next((path for path in sorted(present) if path.startswith(beginning)), None)


def _below(folder: str, path: str) -> str:
    return str(Path(folder, *path.split("/")))


def _plain(value: object) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is no JSON")
