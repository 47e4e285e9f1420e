"""The data of a session, and their conversion from and to metadata.json.

Inside the client the document has paths of the session's tree (`audio/hi_audio.wav`); in the file they are
`sessions/<session name>/audio/hi_audio.wav`; ``load_session`` returns paths of existing files.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from dubbing_client.dropin.errors import SessionError
from dubbing_core import metadata
from dubbing_core.categories import (
    FOLDERS,
    METADATA_NAME,
    Category,
    classify_path,
    detect_language,
    is_original_video,
)
from dubbing_core.manifest import ManifestEntry
from dubbing_core.metadata import (
    PATH_LISTS,
    PATHS_BY_LANGUAGE,
    PREFERRED_FILES,
    MetadataError,
    relativize_path,
)
from dubbing_core.progress import Progress
from dubbing_core.progress_matrix import ProgressMatrix, compute_document_progress
from dubbing_core.texts import ExtractedTexts

SESSION_FOLDERS = tuple(folder for folder, category in FOLDERS.items() if category is not Category.OTHER)
FILE_LISTS = {
    "transcription_files": Category.TRANSCRIPTIONS,
    "translation_files": Category.TRANSLATIONS,
}
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


def read_document(folder: Path) -> dict[str, Any]:
    """Return the document in a session's folder.

    :raises SessionError: it is damaged.
    """
    return parse((folder / METADATA_NAME).read_bytes())


def parse(data: bytes) -> dict[str, Any]:
    """Read a metadata.json; null counts as absent.

    :raises SessionError: it is damaged.
    """
    try:
        document = metadata.parse_document(data)
    except MetadataError as error:
        raise SessionError(str(error)) from error
    return {key: value for key, value in document.items() if value is not None}


def check_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Check the types of known keys in the data of a save; null counts as absent.

    :raises SessionError: a value has the wrong type.
    """
    types: dict[str, tuple[Any, str]] = {
        **dict.fromkeys(TEXTS, (str, "a text")),
        **dict.fromkeys((*OBJECTS, *PATHS_BY_LANGUAGE), (dict, "an object")),
        **dict.fromkeys(("languages", *PATH_LISTS, *FILE_LISTS), ((list, tuple), "a list")),
    }
    for key, (kind, name) in types.items():
        if data.get(key) is not None and not isinstance(data[key], kind):
            raise SessionError(f"The session's data: the value of “{key}” is not {name}.")
    return {key: value for key, value in data.items() if value is not None}


def preferred_name(key: str, language: str) -> str:
    """Return the original's name for a language's file, without extension: `hi_audio`."""
    return PREFERRED_FILES[key][0].format(language)


def with_existing_paths(document: Mapping[str, Any], present: Collection[str]) -> dict[str, Any]:
    """Return the document with paths of the session's tree, of existing files only.

    The original recorded the path that a file was copied from, and named the copy after its language.
    """
    result = dict(document)
    for key, category in PATHS_BY_LANGUAGE.items():
        paths = {
            language: _find_path(raw, category.folder, present)
            or _find_prefix(f"{category.folder}/{preferred_name(key, language)}.", present)
            for language, raw in (document.get(key) or {}).items()
        }
        result[key] = {language: path for language, path in paths.items() if path}
    for key, category in PATH_LISTS.items():
        files = [_find_path(raw, category.folder, present) for raw in document.get(key) or ()]
        result[key] = list(dict.fromkeys(path for path in files if path))
    return result


def describe_files(sizes: Mapping[str, int], *, now: datetime) -> dict[str, Any]:
    """Return the document of a folder of media files.

    :param sizes: by path in the session's tree.
    """
    return metadata.build_document(
        None,
        entries=_describe_entries({}, sizes),
        video_name=None,
        texts=ExtractedTexts(),
        created_at=now,
        last_updated=now,
        last_accessed=now,
    )


def find_progress(document: Mapping[str, Any], sizes: Mapping[str, int]) -> ProgressMatrix:
    """Return the progress of a session, from its document and its files.

    Empty files complete nothing.

    :param document: with paths of the session's tree.
    :param sizes: by path in the session's tree.
    """
    return compute_document_progress(document, _describe_entries(document, sizes))


def _describe_entries(document: Mapping[str, Any], sizes: Mapping[str, int]) -> list[ManifestEntry]:
    named = {
        path: language for key in PATHS_BY_LANGUAGE for language, path in (document.get(key) or {}).items()
    }
    entries = []
    for path, size in sizes.items():
        category = classify_path(path)
        language = named.get(path) or detect_language(path, category)
        entries.append(
            ManifestEntry(path=path, sha256="", size=size, crc32=0, category=category, language=language)
        )
    return entries


def merge(former: Mapping[str, Any], data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document after a save of ``data``.

    Values are added and replaced, never removed.

    Empty values change nothing: a pipeline that has emptied its folder does not empty the session.
    """
    document = dict(former)
    for key, value in data.items():
        if key in {"translations", "voices", "session_metadata", *PATHS_BY_LANGUAGE}:
            document[key] = {**(former.get(key) or {}), **(value or {})}
        elif key in {"languages", *PATH_LISTS}:
            document[key] = list(dict.fromkeys([*(former.get(key) or ()), *(value or ())]))
        elif value not in (None, "", [], {}) or key not in former:
            document[key] = value
    return document


def render(document: Mapping[str, Any], *, session_name: str) -> bytes:
    """Return the file as the original writes it.

    Its keys come first and in its order, then the others.

    :raises SessionError: as :func:`as_json`.
    """
    ordered = {key: document[key] for key in ORDER if key in document}
    ordered |= {key: value for key, value in document.items() if key not in ordered}
    return metadata.render_document(json.loads(as_json(ordered)), session_name=session_name)


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
    """Return the document with paths in ``folder``, of existing files only."""
    existing = with_existing_paths(document, present)
    result: dict[str, Any] = {**existing, "session_name": name}
    for key in PATHS_BY_LANGUAGE:
        result[key] = {language: _join(folder, path) for language, path in existing[key].items()}
    for key in PATH_LISTS:
        result[key] = [_join(folder, path) for path in existing[key]]
    for key, category in FILE_LISTS.items():
        prefix = f"{category.folder}/"
        result[key] = [_join(folder, path) for path in sorted(present) if path.startswith(prefix)]
    original = find_original(present)
    if original:
        result[ORIGINAL] = _join(folder, original)
    return result


def find_original(present: Iterable[str]) -> str | None:
    return next((path for path in sorted(present) if is_original_video(path)), None)


def summary(document: Mapping[str, Any], *, name: str, file_count: int, progress: Progress) -> dict[str, Any]:
    """Return the original's ``get_session_info``."""
    return {
        "session_name": name,
        "video_name": document.get("video_name") or "Unknown",
        "languages": list(document.get("languages") or []),
        "created_at": document.get("created_at") or "Unknown",
        "last_updated": document.get("last_updated") or "Unknown",
        "has_transcription": progress.has_transcription,
        "has_translations": progress.has_translations,
        "has_audio": progress.has_audio,
        "has_videos": progress.has_videos,
        "voice_assignments": dict(document.get("voices") or {}),
        "file_count": file_count,
    }


def _find_path(raw: object, folder: str, present: Collection[str]) -> str | None:
    name = str(raw).replace("\\", "/").rpartition("/")[2]
    candidates = (relativize_path(str(raw)), f"{folder}/{name}")
    return next((path for path in candidates if path in present and path.startswith(f"{folder}/")), None)


def _find_prefix(prefix: str, present: Collection[str]) -> str | None:
    return next((path for path in sorted(present) if path.startswith(prefix)), None)


def _join(folder: str, path: str) -> str:
    return str(Path(folder, *path.split("/")))


def _as_json_type(value: object) -> Any:
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} is not a JSON type")
