"""The original session manager's metadata.json: read, kept true, and written in its exact format.

Inside the portal the document's paths are those of the session's tree (`audio/hi_audio.wav`); in the file they read
`sessions/<session name>/audio/hi_audio.wav`. See docs/decisions/0002-metadata-paths.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from dubbing_core.categories import FOLDERS, Category
from dubbing_core.file_kinds import FileKind, guess_kind, split_name
from dubbing_core.manifest import TIMESTAMPS, ManifestEntry
from dubbing_core.paths import PathError, normalize_path
from dubbing_core.progress import compute_progress, compute_stage
from dubbing_core.strict_json import JsonError, check_json, parse_json
from dubbing_core.texts import ExtractedTexts

SIZE_LIMIT = 16 * 1024 * 1024
"""In bytes."""
CREATED_WITH_VERSION = "1.0"
SESSIONS_FOLDER = "sessions"

TEXT_KEYS = ("session_name", "video_name", "transcription_text", *TIMESTAMPS)
OBJECT_KEYS = ("translations", "voices", "session_metadata")
PATHS_BY_LANGUAGE = {"audio_paths": Category.AUDIO, "final_videos": Category.FINAL_VIDEOS}
PATH_LISTS = {"custom_voices": Category.CUSTOM_VOICES, "mixed_videos": Category.MIXED_VIDEOS}
PREFERRED = {"audio_paths": ("{}_audio", FileKind.AUDIO), "final_videos": ("{}_final", FileKind.VIDEO)}
"""How the original names a language's file, and what kind of file it must be."""


class MetadataError(ValueError):
    """A metadata.json that cannot be used. Its message is a sentence for the person who brought it."""

    def __init__(self, code: str, problem: str, *, key: str = "") -> None:
        super().__init__(f"metadata.json {problem}. Correct it, or leave it out.")
        self.code = code
        self.key = key
        """The key whose value is wrong, or ""."""


@dataclass(frozen=True, kw_only=True)
class Timestamps:
    """In UTC; None for what is absent or unreadable."""

    created_at: datetime | None
    last_updated: datetime | None
    last_accessed: datetime | None


def parse_document(data: bytes) -> dict[str, Any]:
    """Read a metadata.json from anywhere.

    :raises MetadataError: with code `metadata_too_large`, `metadata_not_object`, `metadata_type`, or
        `metadata_` and a code of :func:`dubbing_core.strict_json.load`.
    """
    if len(data) > SIZE_LIMIT:
        raise MetadataError("metadata_too_large", f"is larger than {SIZE_LIMIT // 1024**2} MiB")
    try:
        document = parse_json(data)
    except JsonError as error:
        raise MetadataError(f"metadata_{error.code}", str(error)) from None
    return check_document(document)


def check_document(document: Any) -> dict[str, Any]:
    """Check a document that was JSON once, such as part of a request. Absent keys and nulls are fine.

    :raises MetadataError: as :func:`parse`.
    """
    if not isinstance(document, dict):
        raise MetadataError("metadata_not_object", "does not hold an object")
    try:
        check_json(document)
    except JsonError as error:
        raise MetadataError(f"metadata_{error.code}", str(error)) from None
    for key in TEXT_KEYS:
        _check_type(document, key, "text", lambda value: isinstance(value, str))
    for key in OBJECT_KEYS:
        _check_type(document, key, "an object", lambda value: isinstance(value, dict))
    for key in PATHS_BY_LANGUAGE:
        _check_type(document, key, "an object of paths", _is_path_object)
    for key in ("languages", *PATH_LISTS):
        _check_type(document, key, "a list of texts", _is_text_list)
    for key in ("created_with_version", "pipeline_stage"):
        _check_type(
            document.get("session_metadata") or {},
            key,
            "text",
            lambda value: isinstance(value, str),
            within="session_metadata.",
        )
    return document


def relativize_paths(document: Mapping[str, Any]) -> dict[str, Any]:
    """Turn the document's paths, wherever its session lay, into paths of the session's tree."""
    converted = dict(document)
    for key in PATHS_BY_LANGUAGE:
        if key in document:
            paths = document[key] or {}
            converted[key] = {language: _tree_path(path) for language, path in paths.items() if path}
    for key in PATH_LISTS:
        if key in document:
            converted[key] = [_tree_path(path) for path in document[key] or ()]
    return converted


def build_document(
    base: Mapping[str, Any] | None,
    *,
    entries: Sequence[ManifestEntry],
    video_name: str | None,
    texts: ExtractedTexts,
    created_at: datetime,
    last_updated: datetime,
    last_accessed: datetime,
    keep_stage: bool = False,
) -> dict[str, Any]:
    """The document for a version: what `base` says (checked, and :func:`relative`), made true for the entries.

    The original's keys come first and in its order, then those that it does not know. Paths whose file is gone go
    too, files that no path names are added; `texts` fill in, and override language by language. The session's name
    is left empty: it belongs to the session, and :func:`render` fills it in.
    """
    base = base or {}
    ordered = sorted(entries)
    translations = {**(base.get("translations") or {}), **(texts.translations or {})}
    languages = _languages(
        base.get("languages") or (), [*(entry.language for entry in ordered), *translations]
    )
    given = video_name if video_name is not None else base.get("video_name")
    said = (
        texts.transcription_text if texts.transcription_text is not None else base.get("transcription_text")
    )
    document: dict[str, Any] = {
        "session_name": "",
        "video_name": given or "",
        "languages": languages,
        "transcription_text": said or "",
        "translations": translations,
        "voices": {**(base.get("voices") or {}), **(texts.voices or {})},
    }
    for key in PATHS_BY_LANGUAGE:
        document[key] = _paths_by_language(key, base.get(key) or {}, ordered, languages)
    for key in PATH_LISTS:
        document[key] = _path_list(key, base.get(key) or (), ordered)
    stage = compute_stage(compute_progress(document, {entry.category for entry in ordered}))
    known = base.get("session_metadata") or {}
    document["session_metadata"] = {
        "created_with_version": known.get("created_with_version") or CREATED_WITH_VERSION,
        "pipeline_stage": (keep_stage and known.get("pipeline_stage")) or stage.value,
        "total_files": len(ordered),
    }
    document["session_metadata"] |= _unknown(known, document["session_metadata"])
    document["created_at"] = _isoformat(created_at)
    document["last_updated"] = _isoformat(last_updated)
    document["last_accessed"] = _isoformat(last_accessed)
    return document | _unknown(base, document)


def filter_document(
    document: Mapping[str, Any], *, entries: Sequence[ManifestEntry], languages: Collection[str] = ()
) -> dict[str, Any]:
    """The document of a version of which only these entries are kept, and only these languages if any are named.

    What is told by language goes with its language. Keys of `voices` that name no language of the session stay: some
    tools assign voices to speakers.
    """
    kept = dict(document)
    if languages:
        wanted = {_folded(language) for language in languages}
        leaving = {_folded(language) for language in document.get("languages") or ()} - wanted
        kept["languages"] = [tag for tag in document.get("languages") or () if _folded(tag) in wanted]
        kept["translations"] = {
            tag: text for tag, text in (document.get("translations") or {}).items() if _folded(tag) in wanted
        }
        kept["voices"] = {
            key: voice for key, voice in (document.get("voices") or {}).items() if _folded(key) not in leaving
        }
    told = read_timestamps(document)
    epoch = datetime.fromtimestamp(0, timezone.utc)
    return build_document(
        kept,
        entries=entries,
        video_name=None,
        texts=ExtractedTexts(),
        created_at=told.created_at or epoch,
        last_updated=told.last_updated or epoch,
        last_accessed=told.last_accessed or epoch,
        keep_stage=True,
    )


def render_document(document: Mapping[str, Any], *, session_name: str) -> bytes:
    """Write the file as the original does, with the paths it would have under this name."""
    prefix = f"{SESSIONS_FOLDER}/{session_name}/"
    written = {"session_name": session_name, **document}
    written["session_name"] = session_name
    for key in PATHS_BY_LANGUAGE:
        if key in written:
            written[key] = {language: prefix + path for language, path in written[key].items()}
    for key in PATH_LISTS:
        if key in written:
            written[key] = [prefix + path for path in written[key]]
    return json.dumps(written, indent=2, ensure_ascii=False, allow_nan=False).encode()


def read_timestamps(document: Mapping[str, Any]) -> Timestamps:
    """When the session was made, saved and looked at; times without a zone are UTC."""
    created_at, last_updated, last_accessed = (_datetime(document.get(key)) for key in TIMESTAMPS)
    return Timestamps(created_at=created_at, last_updated=last_updated, last_accessed=last_accessed)


def _check_type(
    holder: Mapping[str, Any],
    key: str,
    wanted: str,
    fits: Callable[[Any], bool],
    *,
    within: str = "",
) -> None:
    value = holder.get(key)
    if value is not None and not fits(value):
        name = within + key
        raise MetadataError("metadata_type", f"has a value for “{name}” that is not {wanted}", key=name)


def _is_path_object(value: Any) -> bool:
    return isinstance(value, dict) and all(path is None or isinstance(path, str) for path in value.values())


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _tree_path(raw: str) -> str:
    r"""`C:\work\sessions\talk\audio\hi.wav` -> `audio/hi.wav`; what names no folder of ours stays as it is."""
    parts = [part for part in raw.replace("\\", "/").split("/") if part not in {"", "."}]
    folders = [at for at, part in enumerate(parts[:-1]) if part in FOLDERS]
    if not folders:
        return raw
    # `sessions/<name>/<folder>/`, for sessions that are named like one of the folders.
    sessions = [at for at in folders if at > 1 and parts[at - 2] == SESSIONS_FOLDER]
    start = 0 if folders[0] == 0 else (sessions or folders[-1:])[0]
    try:
        return normalize_path("/".join(parts[start:]))
    except PathError:
        return raw


def _folded(language: str) -> str:
    return language.replace("_", "-").casefold()


def _languages(base: Sequence[str], found: Sequence[str]) -> list[str]:
    languages: dict[str, str] = {}
    for language in (*base, *found):
        languages.setdefault(_folded(language), language)
    return [language for language in languages.values() if language]


def _paths_by_language(
    key: str,
    base: Mapping[str, str | None],
    entries: Sequence[ManifestEntry],
    languages: Sequence[str],
) -> dict[str, str]:
    paths = {entry.path for entry in entries}
    true: dict[str, str] = {}
    for language in dict.fromkeys((*base, *languages)):
        named = base.get(language)
        path = named if named in paths else _best(key, language, entries)
        if path:
            true[language] = path
    return true


def _best(key: str, language: str, entries: Sequence[ManifestEntry]) -> str | None:
    pattern, kind = PREFERRED[key]
    candidates = [
        entry.path
        for entry in entries
        if entry.category is PATHS_BY_LANGUAGE[key]
        and entry.language == language
        and guess_kind(entry.path) is kind
    ]
    preferred = pattern.format(language).casefold()
    named = (path for path in candidates if split_name(path)[0].casefold() == preferred)
    return next(named, candidates[0] if candidates else None)


def _path_list(key: str, base: Sequence[str], entries: Sequence[ManifestEntry]) -> list[str]:
    present = dict.fromkeys(entry.path for entry in entries if entry.category is PATH_LISTS[key])
    return list(dict.fromkeys([*(path for path in base if path in present), *present]))


def _unknown(base: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in base.items() if key not in known}


def _isoformat(moment: datetime) -> str:
    """As the original writes it: without a zone, and microseconds even when they are zero."""
    if moment.tzinfo is not None:
        moment = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return moment.isoformat(timespec="microseconds")


def _datetime(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        return (
            moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
        )
    except (ValueError, OverflowError):
        return None
