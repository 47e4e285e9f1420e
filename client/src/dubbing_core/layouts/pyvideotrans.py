"""pyVideoTrans: `_video_out/<stem>-<ext>/`, and its cache folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from dubbing_core.categories import Category
from dubbing_core.dialog_lines import read_text
from dubbing_core.file_kinds import split_name
from dubbing_core.labels import Label, Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import Question, QuestionCode, TextPlace, ToolFolder
from dubbing_core.layouts.rules import TARGET_LANGUAGE, VIDEO, apply_rules, rule
from dubbing_core.layouts.scripts import detect_text_language
from dubbing_core.sentences import sentence
from dubbing_core.steps import Step

NAME = "pyVideoTrans"
OUTPUT_FOLDER = "_video_out"
CODE = r"(?P<language>[a-z]{2}(?:-[A-Za-z]{2,4})?|ceb|cmn|fil|yue)"
TEXT = re.compile(rf"{CODE}\.srt")
AUDIO = re.compile(rf"{CODE}\.m4a")
SAME_LANGUAGE_DUB = re.compile(rf"{CODE}-dubbing\.m4a")
STEMS = frozenset({"vocal.wav", "instrument.wav"})
CACHE = frozenset({"queue_tts.json", "novoice.mp4", "will_embed.m4a", "laste_target.mp4"})
BILINGUAL = "shuang.srt"
SEGMENT = re.compile(r"segment_audio_[^/]*/\d+-(?P<text>.+)\.(?:wav|mp3)")
SEGMENTS_COMPARED = 20
RULES = (
    rule(r"shuang\.srt", Category.TRANSLATIONS, Role.BILINGUAL),
    rule(r"speaker\.json", Category.VOICES, Role.SPEAKERS),
    rule(r"queue_tts\.json", Category.VOICES, Role.VOICE_ASSIGNMENTS, language=TARGET_LANGUAGE),
    rule(rf"{CODE}-dubbing\.m4a", Category.AUDIO, Role.DUBBED_AUDIO, step=Step.VOICED),
    rule(
        r"segment_audio_[^/]*/.+\.(?:wav|mp3)|\d+-[0-9a-f]+\.wav",
        Category.AUDIO,
        Role.SEGMENT,
        language=TARGET_LANGUAGE,
    ),
    rule(r"(?:vocal|instrument)\.wav", Category.AUDIO, Role.SOURCE_AUDIO),
    rule(r"clone-\d+\.wav", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
    rule(
        r"novoice\.mp4|recogn2pass-.*\.srt|lastend\.wav|bgm_file\.wav|will_embed\.m4a|laste_target\.mp4|end\.srt",
        Category.OTHER,
        Role.INTERMEDIATE,
    ),
    rule(rf"{CODE}-[^/]+\.wav", Category.AUDIO, Role.DUBBED_AUDIO, is_broad=True),
    rule(rf"[^/]+-{CODE}\.srt", Category.TRANSCRIPTIONS, Role.TRANSCRIPT, is_broad=True),
    rule(r"[^/]+\.srt", Category.TRANSCRIPTIONS, Role.TRANSCRIPT, is_broad=True),
    rule(
        rf"[^/]+\.{VIDEO}",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.DUBBED,
        is_broad=True,
    ),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each video's output folder, and each cache folder."""
    for root, names in folder.folders.items():
        evidence = _find_evidence(folder, root, names)
        if evidence:
            yield _read(folder, root, names, evidence)


def _find_evidence(folder: FolderIndex, root: str, names: Sequence[str]) -> list[str]:
    parent = root.split("/")[-3:-2]
    if parent == [OUTPUT_FOLDER] and re.search(rf"-{VIDEO}/$", root):
        return [f"{root} (a video's folder in {OUTPUT_FOLDER}/)"]
    if "queue_tts.json" in names or len(CACHE.intersection(names)) > 1:
        return sorted(root + name for name in CACHE.intersection(names))
    texts = [name for name in names if TEXT.fullmatch(name)]
    if not texts:
        return []
    tracks = [name for name in names if AUDIO.fullmatch(name) or SAME_LANGUAGE_DUB.fullmatch(name)]
    others = {BILINGUAL, "speaker.json", *STEMS}.intersection(names)
    has_segments = any(name.startswith("segment_audio_") for name in folder.subfolders.get(root, ()))
    if (len(texts) > 1 and tracks) or others or has_segments or any("-dubbing" in name for name in tracks):
        return [root + name for name in (*texts, *tracks, *sorted(others))]
    return []


def _read(folder: FolderIndex, root: str, names: Sequence[str], evidence: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=evidence)
    texts = {match["language"]: name for name in names if (match := TEXT.fullmatch(name))}
    tracks = {match["language"]: name for name in names if (match := AUDIO.fullmatch(name))}
    dubs = {match["language"] for name in names if (match := SAME_LANGUAGE_DUB.fullmatch(name))}
    codes = list(dict.fromkeys((*texts, *tracks, *dubs)))
    source, is_certain = _find_source(folder, root, texts, dubs) if codes else ("", True)
    if stated := _find_stated(folder.source_language, texts):
        source, is_certain = stated, True
    targets = [code for code in codes if code != source or code in dubs]
    found.source_language = parse_language_code(source)
    found.target_languages = [parse_language_code(code) for code in targets]
    if not is_certain:
        tags = sorted(map(parse_language_code, texts), key=lambda tag: tag != found.source_language)
        found.questions.append(
            Question(
                code=QuestionCode.SOURCE_LANGUAGE,
                text=sentence(
                    "Which language is spoken in the source of %(folder)s? %(name)s does not record it.",
                    folder=root or sentence("this folder"),
                    name=NAME,
                ),
                choices=tuple(tags),
            )
        )
    for code, name in texts.items():
        _label_text(found, root + name, code == source, parse_language_code(code), is_certain=is_certain)
    for code, name in tracks.items():
        is_source = code == source
        role = Role.SOURCE_AUDIO if is_source else Role.DUBBED_AUDIO
        found.labels[root + name] = Label(
            category=Category.AUDIO, language=parse_language_code(code), role=role
        )
        if not is_source:
            found.finished[root + name] = Step.VOICED
    known = dict(found.labels)
    apply_rules(folder, found, RULES)
    found.labels |= known
    _read_voices(folder, root, found)
    _find_source_video(folder, root, found)
    return found


def _label_text(found: ToolFolder, path: str, is_source: bool, language: str, *, is_certain: bool) -> None:  # noqa: FBT001 (named at its only call by the condition)
    category = Category.TRANSCRIPTIONS if is_source else Category.TRANSLATIONS
    role = Role.TRANSCRIPT if is_source else Role.TRANSLATION
    if not is_certain:
        role = Role.UNCONFIRMED
    elif is_source:
        found.transcript = TextPlace(path=path)
    else:
        found.translations[language] = TextPlace(path=path)
    found.labels[path] = Label(category=category, language=language, role=role)
    found.finished[path] = Step.TRANSCRIBED if is_source else Step.TRANSLATED


def _find_source(folder: FolderIndex, root: str, texts: dict[str, str], dubs: set[str]) -> tuple[str, bool]:
    """Return the code of the source's language, and whether that is certain."""
    if len(texts) == 1:
        return next(iter(texts)), True
    same = dubs & texts.keys()
    if len(same) == 1:
        return next(iter(same)), True
    target = _find_dubbed_text(folder, root, texts)
    others = [code for code in texts if code != target]
    if target and len(others) == 1:
        return others[0], True
    return _guess_source(root, texts), False


def _find_stated(language: str, texts: Iterable[str]) -> str:
    """Return the code of the text in the stated language; "" if there is none."""
    tags = {code: parse_language_code(code) for code in texts}
    same = [code for code, tag in tags.items() if tag == language]
    base = language.partition("-")[0]
    similar = same or [code for code, tag in tags.items() if tag.partition("-")[0] == base]
    return similar[0] if language and len(similar) == 1 else ""


def _find_dubbed_text(folder: FolderIndex, root: str, texts: dict[str, str]) -> str:
    """Return the code of the only text that contains the dubbed lines.

    Names of segments contain their line, and so does the queue of lines.
    """
    spoken = []
    for path in folder.below(root):
        match = SEGMENT.fullmatch(path)
        if match is not None:
            spoken.append(_letters(match["text"]))
            if len(spoken) == SEGMENTS_COMPARED:
                break
    queue = folder.load_json(f"{root}queue_tts.json")
    if isinstance(queue, list):
        lines = [line for line in queue[:SEGMENTS_COMPARED] if isinstance(line, dict)]
        spoken += [_letters(read_text(line, ("text",))) for line in lines]
    spoken = [line for line in spoken if line]
    if not spoken:
        return ""
    counts = {}
    for code, name in texts.items():
        contents = _letters(folder.load_text(root + name))
        counts[code] = sum(line in contents for line in spoken)
    best = max(counts, key=lambda code: counts[code])
    is_only = sorted(counts.values())[-2] * 2 < counts[best]
    return best if is_only else ""


def _letters(text: str) -> str:
    """Return the letters and digits alone: file names lose the punctuation of lines."""
    return "".join(filter(str.isalnum, text)).casefold()


def _guess_source(root: str, texts: dict[str, str]) -> str:
    """Return the most probable source's code.

    It is in the language of the video's title, or in English, or not in Chinese.
    """
    title = root.split("/")[-2] if "/" in root else ""
    written = detect_text_language(title * 3)
    by_language = {parse_language_code(code).partition("-")[0]: code for code in reversed(list(texts))}
    for language in (written, "en"):
        if language in by_language:
            return by_language[language]
    return next((code for code in texts if not code.startswith("zh")), next(iter(texts), ""))


def _read_voices(folder: FolderIndex, root: str, found: ToolFolder) -> None:
    speakers = folder.load_json(f"{root}speaker.json")
    if isinstance(speakers, list):
        found.speakers = list(dict.fromkeys(each for each in speakers if isinstance(each, str)))
    queue = folder.load_json(f"{root}queue_tts.json")
    for line in queue if isinstance(queue, list) else ():
        voice = read_text(line, ("role",)) if isinstance(line, dict) else ""
        if voice:
            key = read_text(line, ("spk", "speaker")) or next(iter(found.target_languages), "") or voice
            found.voices.setdefault(key, voice)


def _find_source_video(folder: FolderIndex, root: str, found: ToolFolder) -> None:
    """Look for `talk.mp4` beside `_video_out/talk-mp4/`."""
    parts = root.split("/")
    name = ""
    if parts[-3:-2] == [OUTPUT_FOLDER]:
        stem, _, extension = parts[-2].rpartition("-")
        name = f"{stem}.{extension}"
        path = "/".join([*parts[:-3], name])
        if path in folder:
            found.labels[path] = Label(
                category=Category.ORIGINAL_VIDEO, language=found.source_language, role=Role.SOURCE
            )
            return
    stems = {split_name(path)[0] for path in found.broad if "/" not in path.removeprefix(root)}
    parent = "/".join(parts[:-2])
    beside = f"{parent}/" if parent else ""
    found.source_candidates = [
        beside + other
        for other in (folder.folders.get(beside, ()) if root else ())
        if re.search(rf"\.{VIDEO}$", other) and split_name(other)[0] in stems
    ]
    found.asks_for_source = sentence(
        "Where is the source video? %(name)s keeps it outside of its folder.", name=NAME
    )
    if name:
        found.asks_for_source = sentence(
            "Where is the source video “%(video)s”? %(name)s keeps it outside of its folder.",
            video=name,
            name=NAME,
        )
