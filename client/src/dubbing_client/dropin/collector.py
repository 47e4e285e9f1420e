"""Collector of a pipeline's state from its working folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from dubbing_client.dropin.document import FILE_LISTS, ORIGINAL
from dubbing_core.categories import Category
from dubbing_core.file_kinds import FileKind, guess_kind
from dubbing_core.languages import find_language_tag
from dubbing_core.metadata import PATH_LISTS, PATHS_BY_LANGUAGE
from dubbing_core.paths import PathError, check_path
from dubbing_core.placement import place_files
from dubbing_core.texts import ASR, READ_LIMIT, TRANSLATED, ExtractedTexts, extract_texts

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


def collect_session_data(folder: str | os.PathLike[str] = ".") -> dict[str, Any]:
    """Return the session's data from the files in a pipeline's folder.

    This is the original's ``get_current_session_data``; missing files give empty values.

    The transcription is read from `original_asr.json`, translations from `translated.json`; files are found in `temp_audio`,
    `final_audio`, `dubbed_videos`, `final_mixed_videos` and `custom_voices`. The only video next to them that no step produced
    is the source. Audio and videos are assigned by the language in their names: `hi_audio.wav`, `talk_hi.mp4`.
    """
    root = Path(folder)
    texts = _read_texts(root)
    translations = dict(texts.translations or {})
    audio_paths = _by_language(root, AUDIO_FOLDERS, FileKind.AUDIO, languages=list(translations))
    final_videos = _by_language(root, VIDEO_FOLDERS, FileKind.VIDEO, languages=list(translations))
    data: dict[str, Any] = {
        "video_name": "",
        "languages": list(dict.fromkeys([*translations, *audio_paths, *final_videos])),
        "transcription_text": texts.transcription_text or "",
        "translations": translations,
        "voices": {},
        "audio_paths": audio_paths,
        "final_videos": final_videos,
        "session_metadata": {"created_with_version": "1.0", "pipeline_stage": "unknown", "total_files": 0},
        **conventional_files(root),
    }
    source = _find_source_video(root)
    if source:
        data["video_name"] = source.name
        data[ORIGINAL] = str(source)
    data["session_metadata"]["total_files"] = sum(
        len(data[key]) for key in (*PATHS_BY_LANGUAGE, *PATH_LISTS, *FILE_LISTS)
    ) + bool(source)
    return data


def conventional_files(root: Path) -> dict[str, list[str]]:
    """Return the files that the original always copied from the working folder.

    They are transcripts, custom voices and mixed videos.
    """
    files = {
        key: [str(root / name) for name in names if (root / name).is_file()]
        for key, names in TEXT_FILES.items()
    }
    files["custom_voices"] = [str(path) for path in _list_files(root, VOICE_FOLDERS, FileKind.AUDIO)]
    files["mixed_videos"] = [str(path) for path in _list_files(root, MIXED_FOLDERS, FileKind.VIDEO)]
    return files


def _read_texts(root: Path) -> ExtractedTexts:
    contents = {}
    for path, name in ((ASR, TRANSCRIPTION), (TRANSLATED, TRANSLATION)):
        with suppress(OSError):
            if (root / name).stat().st_size <= READ_LIMIT:
                contents[path] = (root / name).read_bytes()
    return extract_texts(contents)


def _by_language(
    root: Path, folders: Collection[str], kind: FileKind, *, languages: list[str]
) -> dict[str, str]:
    paths: dict[str, str] = {}
    for path in _list_files(root, folders, kind):
        if language := find_language_tag(path.name, languages=languages):
            paths.setdefault(language, str(path))
    return dict(sorted(paths.items()))


def _list_files(root: Path, folders: Collection[str], kind: FileKind) -> Iterator[Path]:
    for folder in folders:
        directory = root / folder
        if directory.is_dir():
            for path in sorted(directory.iterdir()):
                if path.is_file() and guess_kind(path.name) is kind and not path.name.startswith("."):
                    yield path


def _find_source_video(root: Path) -> Path | None:
    """Return the only video at the root that no step produced."""
    names = []
    for path in _list_files(root, (".",), FileKind.VIDEO):
        with suppress(PathError):
            check_path(path.name)
            names.append(path.name)
    placements = place_files(names, rooted=True)
    sources = [
        root / placement.source for placement in placements if placement.category is Category.ORIGINAL_VIDEO
    ]
    return sources[0] if sources else None
