"""Choice of the source video among several."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from dubbing_core.file_kinds import FileKind, guess_kind, split_name
from dubbing_core.languages import find_language_tag, parse_language_tag
from dubbing_core.layouts.names import (
    FINAL_NAME,
    MIXED_NAME,
    SOURCE_WORD,
    is_generated_video,
    is_in_generated_folder,
)

SOURCE_NAME = re.compile(rf"^{SOURCE_WORD}([_. -]|video|$)|[_. -]{SOURCE_WORD}$")
SOURCE_FOLDER = re.compile(rf"{SOURCE_WORD}s?([_-]?videos?)?")
GENERATED_SUFFIX = re.compile(rf"{MIXED_NAME}|{FINAL_NAME}|dub|translated|voice.?over|tts")
SEPARATORS = "_-. (["
SUFFIX_BORDERS = "_-. ()[]"


def find_candidates(paths: Sequence[str], *, needs_evidence: bool = False) -> list[str]:
    """Return the videos that may be the source.

    It is one where names decide, else all of equal rank.

    :param paths: files, of which the videos are considered.
    :param needs_evidence: a video that is only alone is no candidate.
    """
    every = [path for path in paths if guess_kind(path) is FileKind.VIDEO]
    bases = _find_bases(every)
    videos = [path for path in every if path not in bases and not is_generated_video(path)]
    named = [path for path in videos if _is_named_source(path)]
    used = [path for path in videos if path in bases.values()]
    if named or used:
        videos = named or used
    elif needs_evidence:
        return []
    else:
        videos = [path for path in videos if not is_in_generated_folder(path)]
    depth = min((path.count("/") for path in videos), default=0)
    return [path for path in videos if path.count("/") == depth]


def are_bases(candidates: Collection[str], paths: Sequence[str]) -> bool:
    """Return whether other videos derive from each candidate: of several projects."""
    videos = [path for path in paths if guess_kind(path) is FileKind.VIDEO]
    return set(candidates) <= set(_find_bases(videos).values())


def _is_named_source(path: str) -> bool:
    *folders, _ = path.casefold().split("/")
    stem = split_name(path)[0].casefold()
    return SOURCE_NAME.search(stem) is not None or any(map(SOURCE_FOLDER.fullmatch, folders))


def _find_bases(videos: Sequence[str]) -> dict[str, str]:
    """Return the base of each derived video.

    Its stem is the base's with a language or a tool's word after it.
    """
    by_stem: dict[str, str] = {}
    for path in sorted(videos, key=lambda path: -path.count("/")):
        folder, _, _ = path.rpartition("/")
        stem = split_name(path)[0].casefold()
        by_stem[stem] = by_stem[f"{folder}/{stem}"] = path
    bases: dict[str, str] = {}
    for path in videos:
        folder, _, _ = path.rpartition("/")
        stem = split_name(path)[0].casefold()
        for end in range(len(stem) - 1, 0, -1):
            if stem[end] not in SEPARATORS:
                continue
            base = by_stem.get(f"{folder}/{stem[:end]}") or by_stem.get(stem[:end])
            if base is not None and base != path and _is_generated(stem[end:]):
                bases[path] = base
                break
    return bases


def _is_generated(suffix: str) -> bool:
    words = suffix.strip(SUFFIX_BORDERS)
    return bool(
        parse_language_tag(words) or find_language_tag(f"{words}.mp4") or GENERATED_SUFFIX.search(words)
    )
