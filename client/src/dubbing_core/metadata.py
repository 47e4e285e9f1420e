"""Metadata document: the original session manager's metadata.json.

Parsed, corrected to match the files, and rendered. Inside the portal the document's paths are paths in the session's
tree (`audio/hi_audio.wav`); in the file they are `sessions/<session name>/audio/hi_audio.wav`.
See docs/decisions/0002-metadata-paths.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone, tzinfo
from typing import Any

from dubbing_core.categories import FOLDERS, Category
from dubbing_core.file_kinds import FileKind, guess_kind, split_name
from dubbing_core.labels import Role
from dubbing_core.languages import fold_language_tag
from dubbing_core.manifest import TIMESTAMPS, ManifestEntry, project_entries
from dubbing_core.paths import PathError, normalize_path
from dubbing_core.progress_matrix import compute_document_progress, list_target_languages
from dubbing_core.project_edits import ProjectEdits, read_edits, write_edits
from dubbing_core.sentences import sentence
from dubbing_core.session_names import sanitize_session_name
from dubbing_core.stated_texts import forget_absent
from dubbing_core.strict_json import JsonError, check_json, parse_json
from dubbing_core.texts import ExtractedTexts
from dubbing_core.timestamps import format_timestamp, parse_timestamp

SIZE_LIMIT = 16 * 1024 * 1024
"""In bytes."""
CREATED_WITH_VERSION = "1.0"
SESSIONS_FOLDER = "sessions"

TEXT_KEYS = ("session_name", "video_name", "transcription_text", *TIMESTAMPS)
OBJECT_KEYS = ("translations", "voices", "session_metadata")
PATHS_BY_LANGUAGE = {"audio_paths": Category.AUDIO, "final_videos": Category.FINAL_VIDEOS}
PATH_LISTS = {"custom_voices": Category.CUSTOM_VOICES, "mixed_videos": Category.MIXED_VIDEOS}
OWN_KEYS = frozenset(
    {"session_name", "session_metadata", "transcription_text", *PATHS_BY_LANGUAGE, *PATH_LISTS}
)
"""Keys that only the original session manager writes."""
COMMON_KEYS = frozenset({"video_name", "languages", "translations", "voices", *TIMESTAMPS})
MIN_COMMON_KEYS = 3
"""Other keys of a session also occur in the files of other tools, but not so many of them."""
PREFERRED_FILES = {"audio_paths": ("{}_audio", FileKind.AUDIO), "final_videos": ("{}_final", FileKind.VIDEO)}
"""The name that the original gives to a language's file, and the kind that the file must have."""


class MetadataError(ValueError):
    """The metadata.json is unusable. The message is shown to the user who uploaded it."""

    def __init__(self, code: str, problem: str, *, key: str = "") -> None:
        super().__init__(sentence("metadata.json %(problem)s. Correct it, or leave it out.", problem=problem))
        self.code = code
        self.problem = problem
        """A clause: “is not a JSON object”."""
        self.key = key
        """The key whose value is wrong, or ""."""


@dataclass(frozen=True, kw_only=True)
class Timestamps:
    """In UTC; None for a value that is absent or unreadable."""

    created_at: datetime | None
    last_updated: datetime | None
    last_accessed: datetime | None


def parse_document(data: bytes) -> dict[str, Any]:
    """Read and validate an untrusted metadata.json.

    :raises MetadataError: with the code `metadata_too_large`, `metadata_not_object`, `metadata_type`, or
        `metadata_` and a code of :func:`dubbing_core.strict_json.parse_json`.
    """
    if len(data) > SIZE_LIMIT:
        raise MetadataError(
            "metadata_too_large",
            sentence("is larger than %(size_limit)s MiB", size_limit=SIZE_LIMIT // 1024**2),
        )
    try:
        document = parse_json(data)
    except JsonError as error:
        raise MetadataError(f"metadata_{error.code}", str(error)) from None
    return check_document(document)


def check_document(document: Any) -> dict[str, Any]:
    """Validate a parsed document. Keys may be absent or null.

    :raises MetadataError: as :func:`parse_document`.
    """
    if not isinstance(document, dict):
        raise MetadataError("metadata_not_object", sentence("is not a JSON object"))
    try:
        check_json(document)
    except JsonError as error:
        raise MetadataError(f"metadata_{error.code}", str(error)) from None
    for key in TEXT_KEYS:
        _check_type(document, key, "text", lambda value: isinstance(value, str))
    for key in OBJECT_KEYS:
        _check_type(document, key, sentence("an object"), lambda value: isinstance(value, dict))
    for key in PATHS_BY_LANGUAGE:
        _check_type(document, key, sentence("an object of paths"), _is_path_object)
    for key in ("languages", *PATH_LISTS):
        _check_type(document, key, sentence("a list of texts"), _is_text_list)
    for key in ("created_with_version", "pipeline_stage"):
        _check_type(
            document.get("session_metadata") or {},
            key,
            "text",
            lambda value: isinstance(value, str),
            within="session_metadata.",
        )
    return document


def is_session_document(document: Any) -> bool:
    """Return whether a parsed metadata.json is a session's, and not another tool's."""
    if not isinstance(document, dict):
        return False
    return not OWN_KEYS.isdisjoint(document) or len(COMMON_KEYS & document.keys()) >= MIN_COMMON_KEYS


def relativize_paths(document: Mapping[str, Any]) -> dict[str, Any]:
    """Convert the document's paths, of any folder, to paths in the session's tree."""
    converted = dict(document)
    for key in PATHS_BY_LANGUAGE:
        if key in document:
            paths = document[key] or {}
            converted[key] = {language: relativize_path(path) for language, path in paths.items() if path}
    for key in PATH_LISTS:
        if key in document:
            converted[key] = [relativize_path(path) for path in document[key] or ()]
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
    """Build a version's document from a base, corrected to match the entries.

    The original's keys come first and in its order, then unknown keys. Paths without a file are removed, and files
    without a path are added. The session's name is left empty; :func:`render_document` fills it in.

    :param base: a validated document with paths from :func:`relativize_paths`.
    :param entries: all files of the version, with their paths as saved.
    :param texts: override the base, for translations and voices language by language.
    :param keep_stage: keep the pipeline stage of the base instead of computing it.
    """
    base = base or {}
    edits = read_edits(base)
    ordered = project_entries(entries)
    translations = {**(base.get("translations") or {}), **(texts.translations or {})}
    languages = edits.correct_languages(
        [*(base.get("languages") or ()), *list_target_languages(ordered), *translations]
    )
    if video_name is None:
        video_name = base.get("video_name")
    transcription = texts.transcription_text
    if transcription is None:
        transcription = base.get("transcription_text")
    document: dict[str, Any] = {
        "session_name": "",
        "video_name": video_name or "",
        "languages": languages,
        "transcription_text": transcription or "",
        "translations": translations,
        "voices": edits.correct_voices(base.get("voices") or {}, found=texts.voices or {}),
    }
    for key in PATHS_BY_LANGUAGE:
        document[key] = _correct_paths_by_language(key, base.get(key) or {}, ordered, languages)
    for key in PATH_LISTS:
        document[key] = _correct_path_list(key, base.get(key) or (), ordered)
    base_metadata = base.get("session_metadata") or {}
    document = write_edits(document, edits)
    stage = compute_document_progress(document, ordered).stage
    document["session_metadata"] = {
        "created_with_version": base_metadata.get("created_with_version") or CREATED_WITH_VERSION,
        "pipeline_stage": (keep_stage and base_metadata.get("pipeline_stage")) or stage.value,
        "total_files": len(ordered),
    }
    document["session_metadata"] |= _unknown_keys(base_metadata, document["session_metadata"])
    document["created_at"] = format_timestamp(created_at)
    document["last_updated"] = format_timestamp(last_updated)
    document["last_accessed"] = format_timestamp(last_accessed)
    return document | _unknown_keys(base, document)


def find_missing_files(document: Mapping[str, Any], present: Collection[str]) -> list[str]:
    """Return the files that a document names and a session lacks.

    The original records the path that a file was copied from, and names the copy after its language; such a copy counts.

    :param document: with paths from :func:`relativize_paths`.
    :param present: paths in the session's tree.
    """
    stems = {path.rpartition(".")[0] for path in present}
    missing = []
    for key, category in PATHS_BY_LANGUAGE.items():
        for language, path in (document.get(key) or {}).items():
            copy = f"{category.folder}/{PREFERRED_FILES[key][0].format(language)}"
            if path not in present and copy not in stems:
                missing.append(path)
    for key, category in PATH_LISTS.items():
        for path in document.get(key) or ():
            copy = f"{category.folder}/{path.replace(chr(92), '/').rpartition('/')[2]}"
            if path not in present and copy not in present:
                missing.append(path)
    return list(dict.fromkeys(missing))


def filter_document(
    document: Mapping[str, Any], *, entries: Sequence[ManifestEntry], languages: Collection[str] = ()
) -> dict[str, Any]:
    """Reduce a document to some entries, and to some languages if any are passed.

    Texts and voices of other languages are removed. Keys of `voices` that are not a language of the session stay,
    because some tools assign voices to speakers.
    """
    reduced = dict(document)
    if languages:
        selected = {fold_language_tag(language) for language in languages}
        removed = {fold_language_tag(language) for language in document.get("languages") or ()} - selected
        reduced["languages"] = [
            tag for tag in document.get("languages") or () if fold_language_tag(tag) in selected
        ]
        reduced["translations"] = {
            tag: text
            for tag, text in (document.get("translations") or {}).items()
            if fold_language_tag(tag) in selected
        }
        reduced["voices"] = {
            key: voice
            for key, voice in (document.get("voices") or {}).items()
            if fold_language_tag(key) not in removed
        }
        edits = _filter_edits(read_edits(document), selected, removed)
        reduced = forget_absent(write_edits(reduced, edits))
    timestamps = read_timestamps(document)
    epoch = datetime.fromtimestamp(0, timezone.utc)
    return build_document(
        reduced,
        entries=entries,
        video_name=None,
        texts=ExtractedTexts(),
        created_at=timestamps.created_at or epoch,
        last_updated=timestamps.last_updated or epoch,
        last_accessed=timestamps.last_accessed or epoch,
        keep_stage=True,
    )


def _filter_edits(edits: ProjectEdits, selected: Collection[str], removed: Collection[str]) -> ProjectEdits:
    """Return the edits that concern the selected languages.

    :param removed: languages of the session that are not selected, folded like the selected ones.
    """
    return replace(
        edits,
        added_languages=tuple(tag for tag in edits.added_languages if fold_language_tag(tag) in selected),
        voices={key: voice for key, voice in edits.voices.items() if fold_language_tag(key) not in removed},
        checks={cell: check for cell, check in edits.checks.items() if cell.partition(":")[0] not in removed},
    )


def render_document(document: Mapping[str, Any], *, session_name: str, zone: tzinfo | None = None) -> bytes:
    """Write metadata.json as the original does, with paths of a session of this name.

    Folders cannot have every name that a session can have.

    :param zone: in which the timestamps are written, of a document that has them in UTC; None to leave them.
    """
    prefix = f"{SESSIONS_FOLDER}/{sanitize_session_name(session_name)}/"
    rendered = {"session_name": session_name, **document}
    rendered["session_name"] = session_name
    for key in PATHS_BY_LANGUAGE:
        if key in rendered:
            rendered[key] = {language: prefix + path for language, path in rendered[key].items()}
    for key in PATH_LISTS:
        if key in rendered:
            rendered[key] = [prefix + path for path in rendered[key]]
    if zone is not None:
        moments = {key: _parse_optional_timestamp(rendered.get(key), timezone.utc) for key in TIMESTAMPS}
        rendered |= {key: format_timestamp(moment, zone=zone) for key, moment in moments.items() if moment}
    return json.dumps(rendered, indent=2, ensure_ascii=False, allow_nan=False).encode()


def read_timestamps(document: Mapping[str, Any], *, zone: tzinfo = timezone.utc) -> Timestamps:
    """Read the document's timestamps.

    :param zone: of timestamps without one. In the database they are in UTC, in a metadata.json in local time.
    """
    created_at, last_updated, last_accessed = (
        _parse_optional_timestamp(document.get(key), zone) for key in TIMESTAMPS
    )
    return Timestamps(created_at=created_at, last_updated=last_updated, last_accessed=last_accessed)


def _check_type(
    holder: Mapping[str, Any],
    key: str,
    description: str,
    is_valid: Callable[[Any], bool],
    *,
    within: str = "",
) -> None:
    value = holder.get(key)
    if value is not None and not is_valid(value):
        name = within + key
        raise MetadataError(
            "metadata_type",
            sentence(
                "has a value for “%(name)s” that is not %(description)s", name=name, description=description
            ),
            key=name,
        )


def _is_path_object(value: Any) -> bool:
    return isinstance(value, dict) and all(path is None or isinstance(path, str) for path in value.values())


def _is_text_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def relativize_path(raw: str) -> str:
    r"""Convert to a path in the session's tree: `C:\talk\audio\a.wav` -> `audio/a.wav`.

    Components before the folder are ignored, also in `../talk/audio/a.wav`, because the result is only looked up among
    the session's own files. A path outside of its folders, or with “..” inside one, is returned unchanged.
    """
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


def _correct_paths_by_language(
    key: str,
    base: Mapping[str, str | None],
    entries: Sequence[ManifestEntry],
    languages: Sequence[str],
) -> dict[str, str]:
    paths = {entry.path for entry in entries}
    result: dict[str, str] = {}
    for language in dict.fromkeys((*base, *languages)):
        current = base.get(language)
        path = current if current in paths else _find_file(key, language, entries)
        if path:
            result[language] = path
    return result


def _find_file(key: str, language: str, entries: Sequence[ManifestEntry]) -> str | None:
    pattern, kind = PREFERRED_FILES[key]
    candidates = [
        entry.path
        for entry in entries
        if entry.category is PATHS_BY_LANGUAGE[key]
        and entry.language == language
        and guess_kind(entry.path) is kind
        and entry.role is not Role.SOURCE_AUDIO
    ]
    preferred = pattern.format(language).casefold()
    preferred_paths = (path for path in candidates if split_name(path)[0].casefold() == preferred)
    return next(preferred_paths, candidates[0] if candidates else None)


def _correct_path_list(key: str, base: Sequence[str], entries: Sequence[ManifestEntry]) -> list[str]:
    present = dict.fromkeys(entry.path for entry in entries if entry.category is PATH_LISTS[key])
    return list(dict.fromkeys([*(path for path in base if path in present), *present]))


def _unknown_keys(base: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in base.items() if key not in document}


def _parse_optional_timestamp(text: object, zone: tzinfo) -> datetime | None:
    try:
        return parse_timestamp(text, zone=zone) if isinstance(text, str) else None
    except ValueError:
        return None
