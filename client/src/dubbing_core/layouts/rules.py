"""Rules: file names of a tool, with the label of each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dubbing_core.categories import Category
from dubbing_core.labels import Label, Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import ToolFolder
from dubbing_core.steps import Step

VIDEO = r"(?:mp4|mkv|mov|webm|avi|flv|m4v|mpg|mpeg|wmv|ts)"
AUDIO = r"(?:wav|mp3|m4a|ogg|opus|flac|aac)"
SUBTITLE = r"(?:srt|vtt|ass|ssa|sbv|ttml)"
SOURCE_LANGUAGE = "source"
TARGET_LANGUAGE = "target"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Names of one kind of file, relative to the tool's root."""

    pattern: re.Pattern[str]
    """Must match the whole path. A group `language` is the file's language, as the tool writes it."""
    category: Category
    role: Role
    language: str
    """SOURCE_LANGUAGE, TARGET_LANGUAGE, or "" for none."""
    step: Step | None
    """Step that is finished once the file exists."""
    is_broad: bool
    """Whether another tool may use the name for something else."""


def rule(
    pattern: str,
    category: Category,
    role: Role = Role.NONE,
    *,
    language: str = "",
    step: Step | None = None,
    is_broad: bool = False,
) -> Rule:
    """Return a rule for paths that match the whole pattern; letter case counts."""
    return Rule(
        pattern=re.compile(pattern),
        category=category,
        role=role,
        language=language,
        step=step,
        is_broad=is_broad,
    )


def apply_rules(folder: FolderIndex, found: ToolFolder, rules: Sequence[Rule]) -> None:
    """Label files below the tool's root; the first matching rule decides."""
    target = found.target_languages[0] if len(found.target_languages) == 1 else ""
    languages = {SOURCE_LANGUAGE: found.source_language, TARGET_LANGUAGE: target}
    matchers = [(each.pattern.fullmatch, each) for each in rules]
    for path in folder.below(found.root):
        for matches, each in matchers:
            match = matches(path)
            if match is None:
                continue
            language = languages.get(each.language, "")
            if "language" in each.pattern.groupindex and match["language"]:
                language = parse_language_code(match["language"]) or language
            label = Label(category=each.category, language=language, role=each.role)
            (found.broad if each.is_broad else found.labels)[found.root + path] = label
            if each.step is not None:
                found.finished[found.root + path] = each.step
            break
