"""Recognition of a folder: all tools in it, and a label for every file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from dubbing_core.categories import Category
from dubbing_core.file_kinds import split_name
from dubbing_core.labels import Label, Role
from dubbing_core.layouts import (
    ariel,
    dubbing_pipeline,
    elevenlabs,
    generic,
    krillinai,
    linly,
    minimax,
    open_dubbing,
    pyvideotrans,
    seed,
    sonitranslate,
    subtitle_edit,
    videolingo,
    voicestudio,
)
from dubbing_core.layouts.folder_index import FolderIndex, ReadSmallFile
from dubbing_core.layouts.names import is_finish_marker
from dubbing_core.layouts.recognition import Question, QuestionCode, Recognition, TextPlace, ToolFolder
from dubbing_core.layouts.sources import are_bases, are_clear, find_candidates
from dubbing_core.paths import is_junk
from dubbing_core.sentences import sentence
from dubbing_core.steps import Step

TOOLS = (
    krillinai,
    open_dubbing,
    subtitle_edit,
    ariel,
    videolingo,
    linly,
    dubbing_pipeline,
    voicestudio,
    pyvideotrans,
    sonitranslate,
    minimax,
    elevenlabs,
    seed,
)
"""Most specific first: the first one decides about a file that two tools claim."""
DUBBED = {Category.TRANSLATIONS, Category.AUDIO, Category.FINAL_VIDEOS, Category.MIXED_VIDEOS}
NOT_DUBBED = {Role.SOURCE_AUDIO, Role.BILINGUAL, Role.UNCONFIRMED}
CHOICES_LIMIT = 20
STEMS_LIMIT = 20
"""Sources whose titles are compared with other files' names."""


def read_nothing(_path: str) -> bytes | None:
    """Read no file: for a list of paths without contents."""
    return None


def recognize(
    paths: Iterable[str],
    read_small_file: ReadSmallFile = read_nothing,
    *,
    languages: Sequence[str] = (),
    source_language: str = "",
) -> Recognition | None:
    """Return the tools that wrote a folder and a label for every file.

    :returns: None if there are no files.
    :param paths: relative, with slashes.
    :param read_small_file: see `FolderIndex`; a bounded number of files is read, each once.
    :param languages: target languages that the project already has.
    :param source_language: that is spoken in the source, if a person stated it.
    """
    folder = FolderIndex(paths, read_small_file, source_language=source_language)
    if not folder.paths:
        return None
    found = [each for tool in TOOLS for each in tool.recognize(folder)]
    # A folder inside another one has its own tool.
    found.sort(key=lambda each: -each.root.count("/"))
    labels: dict[str, Label] = {}
    for each in found:
        _claim(labels, each.labels)
    questions = [question for each in found for question in each.questions]
    for each in found:
        _choose_source(labels, each, questions)
    for each in found:
        _claim(labels, each.broad)
    stated = [tag for each in found for tag in each.target_languages]
    targets = list(dict.fromkeys([*languages, *stated]))
    spoken = list(dict.fromkeys(each.source_language for each in found if each.source_language))
    by_root = {each.root: each.source_language for each in found if each.source_language}
    _label_others(folder, labels, questions, targets=targets, stated=stated, spoken=by_root)
    questions += _ask_for_sources(labels, found)
    ordered = {path: labels[path] for path in folder.paths}
    return _summarize(ordered, found, questions, targets, spoken)


def _claim(labels: dict[str, Label], claimed: dict[str, Label]) -> None:
    for path, label in claimed.items():
        labels.setdefault(path, label)


def _choose_source(labels: dict[str, Label], each: ToolFolder, questions: list[Question]) -> None:
    """Label the source among a tool's candidates, or ask."""
    candidates = [path for path in each.source_candidates if path not in labels]
    is_found = any(path in labels and labels[path].role is Role.SOURCE for path in each.source_candidates)
    if each.has_source() or is_found or not candidates:
        return
    best = candidates if len(candidates) == 1 else find_candidates(candidates)
    if best and are_clear(best, candidates):
        for path in best:
            labels[path] = Label(
                category=Category.ORIGINAL_VIDEO, language=each.source_language, role=Role.SOURCE
            )
    else:
        questions.append(_ask_which(best or candidates))


def _ask_which(candidates: Sequence[str]) -> Question:
    return Question(
        code=QuestionCode.SOURCE_AMBIGUOUS,
        text=sentence("Which of these files is the source video?"),
        choices=tuple(candidates[:CHOICES_LIMIT]),
    )


def _label_others(
    folder: FolderIndex,
    labels: dict[str, Label],
    questions: list[Question],
    *,
    targets: Sequence[str],
    stated: Sequence[str],
    spoken: Mapping[str, str],
) -> None:
    others = [path for path in folder.paths if path not in labels]
    sources = [path for path, label in labels.items() if label.role is Role.SOURCE]
    candidates = find_candidates([path for path in others if not is_junk(path)], sources=sources)
    is_clear = are_clear(candidates, others)
    found = candidates if is_clear else []
    if found and spoken and (sources or are_bases(found, others)):
        # Inside a tool's folder it is of another project, in any language.
        spoken = {**dict.fromkeys((path[: path.rfind("/") + 1] for path in found), ""), **spoken}
    is_asked = any(question.code is QuestionCode.SOURCE_AMBIGUOUS for question in questions)
    if not is_clear and not (is_asked or sources):
        questions.append(_ask_which(candidates))
    labels |= generic.label_others(
        folder,
        others,
        sources=found,
        languages=targets,
        stated=stated,
        spoken=spoken,
        stems=list_stems([*sources, *found]),
    )


def list_stems(sources: Iterable[str]) -> list[str]:
    """Return case-folded names of sources without extension, the longest first."""
    stems = {split_name(path)[0].casefold() for path in sources}
    return sorted(stems, key=len, reverse=True)[:STEMS_LIMIT]


def _has_source(labels: Iterable[Label]) -> bool:
    return any(label.role is Role.SOURCE for label in labels)


def _ask_for_sources(labels: dict[str, Label], found: Sequence[ToolFolder]) -> list[Question]:
    if _has_source(labels.values()):
        return []
    texts = dict.fromkeys(each.asks_for_source for each in found if each.asks_for_source)
    return [Question(code=QuestionCode.SOURCE_OUTSIDE, text=text) for text in texts]


def _summarize(
    labels: dict[str, Label],
    found: Sequence[ToolFolder],
    questions: Sequence[Question],
    targets: Sequence[str],
    spoken: Sequence[str],
) -> Recognition:
    counts: Counter[str] = Counter()
    for each in found:
        counts[each.tool] += len(each.labels) + len(each.broad)
    dubbed = [
        label.language
        for label in labels.values()
        if label.language and label.category in DUBBED and label.role not in NOT_DUBBED
    ]
    voices: dict[str, str] = {}
    translations: dict[str, TextPlace] = {}
    finished: dict[str, Step | None] = {
        path: None for path, label in labels.items() if label.role is Role.MARKER and is_finish_marker(path)
    }
    for each in found:
        voices = {**each.voices, **voices}
        translations = {**each.translations, **translations}
        finished.update(each.finished)
    for path, label in labels.items():
        if label.role is Role.TRANSLATION and label.language:
            translations.setdefault(label.language, TextPlace(path=path))
    transcripts = [each.transcript for each in found if each.transcript is not None]
    transcripts += [TextPlace(path=path) for path, label in labels.items() if label.role is Role.TRANSCRIPT]
    # A translation may have the lines of the source as well.
    transcripts.sort(key=lambda place: labels[place.path].category is not Category.TRANSCRIPTIONS)
    return Recognition(
        tools=tuple(tool for tool, _ in counts.most_common()) or (generic.NAME,),
        evidence=tuple(dict.fromkeys(path for each in found for path in each.evidence)),
        labels=labels,
        languages=tuple(dict.fromkeys([*targets, *dubbed])),
        source_languages=tuple(spoken),
        voices=voices,
        speakers=tuple(dict.fromkeys(name for each in found for name in each.speakers)),
        transcript=next(iter(transcripts), None),
        translations=translations,
        questions=tuple(dict.fromkeys(questions)),
        finished=finished,
        folders=found,
    )
