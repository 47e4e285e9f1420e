"""Choice of the source video among several."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence

from dubbing_core.file_kinds import FileKind, guess_kind, split_name
from dubbing_core.languages import find_language_tag, parse_language_tag
from dubbing_core.layouts.named_languages import find_named_language
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
DERIVED = frozenset({FileKind.AUDIO, FileKind.SUBTITLE})
SEPARATORS = "_-. (["
SUFFIX_BORDERS = "_-. ()[]"


def find_candidates(paths: Sequence[str], *, sources: Collection[str] = ()) -> list[str]:
    """Return the videos that may be the source.

    It is one where names decide, else all of equal rank.

    :param paths: files, of which the videos are considered.
    :param sources: sources that tools have already. Beside them a video is one only if other files are named after it.
    """
    known = set(sources)
    every = [*known, *(path for path in paths if guess_kind(path) is FileKind.VIDEO)]
    bases = _find_bases(every)
    videos = [
        path for path in every if path not in bases and path not in known and not is_generated_video(path)
    ]
    named = [path for path in videos if _is_named_source(path)]
    used = [path for path in videos if path in bases.values()]
    # A source may be named like a result: `talk_final.mp4` beside `talk_final_es.mp4`.
    used = used or [
        path
        for path in _find_bases(every, only_languages=True).values()
        if path not in known and path not in bases
    ]
    if used and not named:
        return _find_projects(dict.fromkeys(used))
    if named:
        return _find_named_projects(named)
    if sources:
        videos = _find_named_by_others(videos, paths)
    else:
        videos = [path for path in videos if not is_in_generated_folder(path)]
    depth = min((path.count("/") for path in videos), default=0)
    return [path for path in videos if path.count("/") == depth]


def are_clear(candidates: Collection[str], paths: Sequence[str]) -> bool:
    """Return whether each candidate is the source of a project of its own."""
    return len(candidates) <= 1 or are_bases(candidates, paths) or _have_own_projects(candidates)


def are_bases(candidates: Collection[str], paths: Sequence[str]) -> bool:
    """Return whether other videos derive from each candidate."""
    videos = [path for path in paths if guess_kind(path) is FileKind.VIDEO]
    return set(candidates) <= set(_find_bases(videos).values())


def _have_own_projects(candidates: Collection[str]) -> bool:
    """Return whether each is named as a source, in a folder of its own."""
    projects = {_find_project(path) for path in candidates if _is_named_source(path)}
    is_nested = any(parent in projects for project in projects for parent in _list_parents(project))
    return len(projects) == len(candidates) and not is_nested


def _find_projects(bases: Collection[str]) -> list[str]:
    """Return the bases of other videos that are sources: each project has its own.

    A deeper one is a copy or a piece of another source if it is named after that, or is in a folder of results.
    """
    by_depth: dict[int, list[str]] = defaultdict(list)
    for path in bases:
        by_depth[path.count("/")].append(path)
    projects: list[str] = []
    for _, paths in sorted(by_depth.items()):
        stems = [split_name(path)[0].casefold() for path in projects]
        projects += [
            path
            for path in paths
            if not projects or not (is_in_generated_folder(path) or _is_named_after(path, stems))
        ]
    return projects


def _find_named_projects(named: Sequence[str]) -> list[str]:
    """Return the sources among videos with such a name.

    Each project has its own. A deeper one inside another one's project is a copy or a piece of it.
    """
    named = [path for path in named if not is_in_generated_folder(path)] or list(named)
    depths: dict[str, int] = {}
    for path in named:
        project = _find_project(path)
        depths[project] = min(path.count("/"), depths.get(project, path.count("/")))
    return [
        path
        for path in named
        if all(
            depths.get(project, path.count("/")) >= path.count("/")
            for project in (_find_project(path), *_list_parents(_find_project(path)))
        )
    ]


def _find_project(source: str) -> str:
    """Return the folder of a named source's project, with its slash."""
    folders = source.split("/")[:-1]
    place = next(
        (n for n, folder in enumerate(folders) if SOURCE_FOLDER.fullmatch(folder.casefold())), len(folders)
    )
    return "".join(f"{folder}/" for folder in folders[:place])


def _list_parents(folder: str) -> list[str]:
    """Return the folders around a folder, up to the topmost one, which is ""."""
    parents = []
    while folder:
        parent, slash, _ = folder.removesuffix("/").rpartition("/")
        folder = parent + slash
        parents.append(folder)
    return parents


def _is_named_after(path: str, stems: Collection[str]) -> bool:
    stem = split_name(path)[0].casefold()
    return any(stem.startswith(other) and stem[len(other) :][:1] in SEPARATORS for other in stems)


def _is_named_source(path: str) -> bool:
    *folders, _ = path.casefold().split("/")
    stem = split_name(path)[0].casefold()
    return SOURCE_NAME.search(stem) is not None or any(map(SOURCE_FOLDER.fullmatch, folders))


def _find_named_by_others(videos: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Return the videos after which texts or audio beside them are named.

    Such are `talk.srt` and `talk.es.wav`.
    """
    stems = {path.rpartition(".")[0].casefold(): path for path in videos}
    named: dict[str, None] = {}
    for path in paths if stems else ():
        if guess_kind(path) in DERIVED:
            stem = path.rpartition(".")[0].casefold()
            for end in range(len(stem), stem.rfind("/") + 1, -1):
                if stem[:end] in stems and (end == len(stem) or _is_generated(stem[end:])):
                    named[stems[stem[:end]]] = None
                    break
    return list(named)


def _find_bases(videos: Sequence[str], *, only_languages: bool = False) -> dict[str, str]:
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
            is_generated = _is_language if only_languages else _is_generated
            if base is not None and base != path and is_generated(stem[end:]):
                bases[path] = base
                break
    return bases


def _is_generated(suffix: str) -> bool:
    return _is_language(suffix) or GENERATED_SUFFIX.search(suffix.strip(SUFFIX_BORDERS)) is not None


def _is_language(suffix: str) -> bool:
    words = suffix.strip(SUFFIX_BORDERS)
    name = f"{words}.mp4"
    return bool(parse_language_tag(words) or find_language_tag(name) or find_named_language(name))
