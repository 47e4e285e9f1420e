"""VoiceStudio (OmniVoice Studio): `dub_jobs/<job>/` and its data directory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import TextPlace, ToolFolder
from dubbing_core.layouts.rules import AUDIO, SOURCE_LANGUAGE, TARGET_LANGUAGE, VIDEO, Rule, apply_rules, rule
from dubbing_core.steps import Step

NAME = "VoiceStudio"
DATABASE = "omnivoice.db"
ORIGINAL = re.compile(rf"original\.(?:{VIDEO}|{AUDIO})")
LANGUAGE = r"(?P<language>[a-z]{2,3}(?:-[A-Za-z]{2,4})?)"
SEGMENT = re.compile(rf"seg_(?:{LANGUAGE}_)?[^/]+\.wav")
DUBBED = re.compile(rf"dubbed_{LANGUAGE}\.wav")
SUBTITLES = re.compile(rf"original\.{LANGUAGE}\.vtt")
OTHER_EVIDENCE = frozenset({"audio_hq.wav", "no_vocals.wav", "onsets.json", "original.browser.mp4"})
RULES = (
    rule(r"original\.browser\.mp4", Category.ORIGINAL_VIDEO, Role.PREVIEW),
    rule(rf"original\.(?:{VIDEO}|{AUDIO})", Category.ORIGINAL_VIDEO, Role.SOURCE, language=SOURCE_LANGUAGE),
    rule(rf"seg_(?:{LANGUAGE}_)?[^/]+\.wav", Category.AUDIO, Role.SEGMENT, language=TARGET_LANGUAGE),
    rule(rf"dubbed_{LANGUAGE}\.wav", Category.AUDIO, Role.DUBBED_AUDIO, step=Step.VOICED),
    rule(
        rf"exports/(?:mixed_dub|dubbed)_(?:[^/]*_)?{LANGUAGE}(?:[_.][^/]*)?\.(?:wav|mp3)",
        Category.AUDIO,
        Role.DUBBED_AUDIO,
    ),
    rule(r"exports/[^/]+\.(?:wav|mp3)", Category.AUDIO, Role.DUBBED_AUDIO, language=TARGET_LANGUAGE),
    rule(
        r"(?:audio|audio_hq|vocals|no_vocals)\.wav",
        Category.AUDIO,
        Role.SOURCE_AUDIO,
        language=SOURCE_LANGUAGE,
    ),
    rule(rf"exports/preview_{LANGUAGE}_[^/]+\.mp4", Category.MIXED_VIDEOS, Role.PREVIEW),
    rule(
        rf"exports/(?:dubbed_video|retimed)_{LANGUAGE}(?:[_.][^/]*)?\.mp4",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        step=Step.DUBBED,
    ),
    rule(
        r"exports/(?:dubbed_video|retimed)_[^/]+\.mp4",
        Category.FINAL_VIDEOS,
        Role.DUBBED_VIDEO,
        language=TARGET_LANGUAGE,
        step=Step.DUBBED,
    ),
    rule(r"exports/burn_subs_.+\.srt", Category.OTHER, Role.INTERMEDIATE),
    rule(r"thumb\.jpg", Category.OTHER, Role.PREVIEW),
    rule(r"onsets\.json", Category.OTHER, Role.INTERMEDIATE),
)
DATA_RULES = (
    # Texts and voices of all jobs are in this database.
    rule(r"omnivoice\.db(?:-wal|-shm)?", Category.TRANSLATIONS, Role.PROJECT),
    rule(r"voices/(?!.+\.json$).+", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
    rule(r"(?:.+/)?[^/]+\.ovsvoice", Category.CUSTOM_VOICES, Role.VOICE_REFERENCE),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each job's folder, and the data directory around them."""
    jobs = set()
    for root, names in folder.folders_with(ORIGINAL).items():
        evidence = _find_evidence(root, folder.folders[root])
        if evidence:
            jobs.add(root)
            yield _read(folder, root, [*names, *evidence])
    roots = {root.partition("dub_jobs/")[0] for root in jobs if "dub_jobs/" in root}
    # A single job beside the voices is a data directory that was flattened.
    roots |= folder.roots_of(DATABASE).keys() or (jobs if len(jobs) == 1 and not roots else set())
    for root in sorted(roots):
        found = ToolFolder(tool=NAME, root=root)
        if root + DATABASE in folder:
            found.evidence.append(root + DATABASE)
        apply_rules(folder, found, DATA_RULES)
        if found.labels:
            yield found


def _find_evidence(root: str, names: list[str]) -> list[str]:
    if "dub_jobs/" in root:
        return ["dub_jobs/"]
    generated = next((name for name in names if SEGMENT.fullmatch(name) or DUBBED.fullmatch(name)), None)
    return [generated] if generated else sorted(OTHER_EVIDENCE.intersection(names))


def _read(folder: FolderIndex, root: str, evidence: list[str]) -> ToolFolder:
    found = ToolFolder(tool=NAME, root=root, evidence=[root + name for name in evidence])
    names = folder.folders[root]
    matches = (SEGMENT.fullmatch(name) or DUBBED.fullmatch(name) for name in names)
    codes = dict.fromkeys(match["language"] for match in matches if match and match["language"])
    found.target_languages = [tag for code in codes if (tag := parse_language_code(code))]
    subtitles = {
        parse_language_code(match["language"]): root + name
        for name in names
        if (match := SUBTITLES.fullmatch(name))
    }
    spoken = [language for language in subtitles if language not in found.target_languages]
    found.source_language = spoken[0] if len(spoken) == 1 else ""
    apply_rules(folder, found, [*_subtitle_rules(found), *RULES])
    for language, path in subtitles.items():
        if language in found.target_languages:
            found.translations[language] = TextPlace(path=path)
        elif language == found.source_language:
            found.transcript = TextPlace(path=path)
    return found


def _subtitle_rules(found: ToolFolder) -> list[Rule]:
    targets = "|".join(map(re.escape, found.target_languages))
    rules = [rule(rf"original\.{LANGUAGE}\.vtt", Category.TRANSCRIPTIONS, Role.TRANSCRIPT)]
    if targets:
        rules.insert(
            0,
            rule(rf"original\.(?P<language>{targets})\.vtt", Category.TRANSLATIONS, Role.TRANSLATION),
        )
    return rules
