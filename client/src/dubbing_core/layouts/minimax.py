"""minimax_dubbing: the media folder of its server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.layouts.folder_index import FolderIndex
from dubbing_core.layouts.recognition import ToolFolder
from dubbing_core.layouts.rules import AUDIO, VIDEO, apply_rules, rule
from dubbing_core.steps import Step

NAME = "minimax_dubbing"
TRACK = re.compile(rf"project_[^/]+_(?:original|vocals|background|concatenated)\.{AUDIO}")
TRACK_FOLDER = re.compile(r"(?P<root>(?:.*/)?)audio/(?:original|vocals|background|mixed|concatenated)/")
RULES = (
    rule(rf"videos/final/.+\.{VIDEO}", Category.FINAL_VIDEOS, Role.DUBBED_VIDEO, step=Step.DUBBED),
    rule(rf"videos/[^/]+\.{VIDEO}", Category.ORIGINAL_VIDEO, Role.SOURCE),
    rule(r"srt/.+", Category.TRANSCRIPTIONS, Role.TRANSCRIPT, step=Step.TRANSCRIBED),
    rule(r"audio/(?:original|vocals|background)/.+", Category.AUDIO, Role.SOURCE_AUDIO),
    rule(
        rf"(?:.+/)?project_[^/]+_concatenated\.{AUDIO}", Category.AUDIO, Role.DUBBED_AUDIO, step=Step.VOICED
    ),
    rule(rf"audio/.+\.{AUDIO}", Category.AUDIO, Role.DUBBED_AUDIO),
)


def recognize(folder: FolderIndex) -> Iterator[ToolFolder]:
    """Yield each media folder."""
    evidence: dict[str, list[str]] = {}
    for place, names in folder.folders_with(TRACK).items():
        match = TRACK_FOLDER.fullmatch(place)
        root = match["root"] if match else place.removesuffix("audio/")
        evidence.setdefault(root, []).extend(place + name for name in names)
    for place in folder.folders:
        match = TRACK_FOLDER.fullmatch(place)
        if match and {"videos", "srt"} <= folder.subfolders.get(match["root"], set()):
            evidence.setdefault(match["root"], []).append(place)
    for root, paths in evidence.items():
        found = ToolFolder(tool=NAME, root=root, evidence=paths[:3])
        apply_rules(folder, found, RULES)
        yield found
