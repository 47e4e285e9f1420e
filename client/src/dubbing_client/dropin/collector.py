"""Collects a pipeline's state from its working folder, as the original's ``get_current_session_data`` did."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from dubbing_client.dropin.document import BY_LANGUAGE, FILE_LISTS, LISTS, ORIGINAL

READ_LIMIT = 16 * 1024 * 1024
"""In bytes. Larger files are copied, but not read."""
TRANSCRIPTION = "original_asr.json"
TRANSLATION = "translated.json"
TEXT_FILES = {
    "transcription_files": (TRANSCRIPTION, "chunked_transcript.json"),
    "translation_files": (TRANSLATION, "language_translations.json"),
}
AUDIO_FOLDERS = ("final_audio", "audio", "temp_audio")
VIDEO_FOLDERS = ("final_videos", "dubbed_videos")
VOICE_FOLDERS = ("custom_voices",)
MIXED_FOLDERS = ("mixed_videos", "final_mixed_videos")
"""Folders where pipelines store results, in order of precedence."""
AUDIO = frozenset({".aac", ".flac", ".m4a", ".mp3", ".ogg", ".opus", ".wav"})
VIDEO = frozenset({".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".webm", ".wmv"})
PRODUCED = re.compile(r"(^|[_.-])(final|dub|dubbed|mix|mixed)([_.-]|$)", re.IGNORECASE)
"""Matches names of videos that a pipeline has produced, as opposed to its source."""
TRANSCRIPT_KEYS = ("text", "transcript", "transcription", "segments", "chunks")
TRANSLATION_KEYS = ("translated_text", "translation", "text", "segments")
TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
NESTING_LIMIT = 6


def collect_session_data(folder: str | os.PathLike[str] = ".") -> dict[str, Any]:
    """Return the session's data from the files in a pipeline's folder; missing ones give empty values.

    The transcription is read from `original_asr.json`, translations from `translated.json`; files are found in `temp_audio`,
    `final_audio`, `dubbed_videos`, `final_mixed_videos` and `custom_voices`. The only video next to them that no step produced
    is the source. Audio and videos are assigned by the language in their names: `hi_audio.wav`, `talk_hi.mp4`.
    """
    root = Path(folder)
    data: dict[str, Any] = {
        "video_name": "",
        "languages": [],
        "transcription_text": _text_of(_read(root / TRANSCRIPTION), TRANSCRIPT_KEYS),
        "translations": _translations(_read(root / TRANSLATION)),
        "voices": {},
        "audio_paths": {},
        "final_videos": {},
        "session_metadata": {"created_with_version": "1.0", "pipeline_stage": "unknown", "total_files": 0},
        **conventional_files(root),
    }
    known = set(data["translations"])
    data["audio_paths"] = _by_language(root, AUDIO_FOLDERS, AUDIO, known, BY_LANGUAGE["audio_paths"][1])
    data["final_videos"] = _by_language(root, VIDEO_FOLDERS, VIDEO, known, BY_LANGUAGE["final_videos"][1])
    data["languages"] = list(
        dict.fromkeys([*data["translations"], *data["audio_paths"], *data["final_videos"]])
    )
    source = _source_video(root)
    if source:
        data["video_name"] = source.name
        data[ORIGINAL] = str(source)
    data["session_metadata"]["total_files"] = sum(
        len(data[key]) for key in (*BY_LANGUAGE, *LISTS, *FILE_LISTS)
    ) + bool(source)
    return data


def conventional_files(root: Path) -> dict[str, list[str]]:
    """Return the files that the original always copied from the working folder: transcripts, custom voices, mixed videos."""
    found = {
        key: [str(root / name) for name in names if (root / name).is_file()]
        for key, names in TEXT_FILES.items()
    }
    found["custom_voices"] = [str(path) for path in _files(root, VOICE_FOLDERS, AUDIO)]
    found["mixed_videos"] = [str(path) for path in _files(root, MIXED_FOLDERS, VIDEO)]
    return found


def language_in(stem: str, known: Collection[str] = ()) -> str:
    """Return the language in a file's name: `hi_audio`, `talk_pt-BR`, `es`; "" if there is none."""
    words = [word for word in re.split(r"[\s_.]+", stem) if word]
    for word in words:
        if word in known:
            return word
    # Elsewhere in a name, two letters are more often an abbreviation.
    ends = [*words[:1], *words[-1:]]
    return next((word for word in ends if TAG.fullmatch(word) and word not in {"my", "no", "so", "tts"}), "")


def _by_language(
    root: Path, folders: Collection[str], kinds: Collection[str], known: Collection[str], ending: str
) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in _files(root, folders, kinds):
        stem = path.stem
        exact = stem[: -len(ending)] if stem.endswith(ending) else ""
        language = exact if TAG.fullmatch(exact) else language_in(stem, known)
        if language:
            found.setdefault(language, str(path))
    return dict(sorted(found.items()))


def _files(root: Path, folders: Collection[str], kinds: Collection[str]) -> Iterator[Path]:
    for folder in folders:
        place = root / folder
        if place.is_dir():
            for path in sorted(place.iterdir()):
                if path.is_file() and path.suffix.lower() in kinds and not path.name.startswith("."):
                    yield path


def _source_video(root: Path) -> Path | None:
    videos = [path for path in _files(root, (".",), VIDEO) if not PRODUCED.search(path.stem)]
    return videos[0] if len(videos) == 1 else None


def _read(path: Path) -> Any:
    """Return the value in a JSON file, or None if it cannot be read."""
    try:
        if path.stat().st_size > READ_LIMIT:
            return None
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError):
        return None


def _text_of(value: Any, keys: Collection[str], depth: int = 0) -> str:
    """Return the text of a string, of one of an object's ``keys``, or of all items of a list."""
    if isinstance(value, str):
        return value.strip()
    if depth == NESTING_LIMIT:
        return ""
    if isinstance(value, list):
        return " ".join(filter(None, (_text_of(item, keys, depth + 1) for item in value)))
    if isinstance(value, dict):
        return next(filter(None, (_text_of(value.get(key), keys, depth + 1) for key in keys)), "")
    return ""


def _translations(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    if isinstance(value.get("translations"), dict):
        value = value["translations"]
    texts = {key: _text_of(text, TRANSLATION_KEYS) for key, text in value.items() if TAG.fullmatch(key)}
    return {language: text for language, text in texts.items() if text}
