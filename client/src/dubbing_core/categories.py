"""The folders of a session, and which of them a file belongs to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dubbing_core.enums import StrEnum
from dubbing_core.kinds import Kind, kind_of, split_name
from dubbing_core.languages import tag_in, tag_of
from dubbing_core.paths import PATH_LIMIT
from dubbing_core.tree import Tree

METADATA = "metadata.json"
PRIVATE = ".dubbing"
"""What our own archives say about themselves. Written anew with each export, so never stored."""
ROOM = 16
"""Bytes kept free in a placed path for the numbers that `Tree` may add."""
JUNK = frozenset({".ds_store", "thumbs.db", "__macosx", "desktop.ini"})


class Category(StrEnum):
    ORIGINAL_VIDEO = "original_video"
    TRANSCRIPTIONS = "transcriptions"
    TRANSLATIONS = "translations"
    VOICES = "voices"
    AUDIO = "audio"
    CUSTOM_VOICES = "custom_voices"
    FINAL_VIDEOS = "final_videos"
    MIXED_VIDEOS = "mixed_videos"
    OTHER = "other"

    @property
    def label(self) -> str:
        return LABELS[self]

    @property
    def folder(self) -> str:
        """The folder its files lie in; "" for the original video, which lies at the root."""
        return "" if self is Category.ORIGINAL_VIDEO else self.value


LABELS = {
    Category.ORIGINAL_VIDEO: "Original video",
    Category.TRANSCRIPTIONS: "Transcriptions",
    Category.TRANSLATIONS: "Translations",
    Category.VOICES: "Voice assignments",
    Category.AUDIO: "Audio",
    Category.CUSTOM_VOICES: "Custom voices",
    Category.FINAL_VIDEOS: "Final videos",
    Category.MIXED_VIDEOS: "Mixed videos",
    Category.OTHER: "Other",
}
FOLDERS = {category.folder: category for category in Category if category.folder}


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where one file of a foreign folder goes."""

    source: str
    """As it was named."""
    path: str
    category: Category
    language: str
    """A BCP 47 tag, or "" when nothing tells."""
    origin: str = ""
    """Where it lay in its folder, which a load puts it back to; "" where that is `path`."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Files of these kinds go to this category if name, folders and language allow."""

    category: Category
    kinds: frozenset[Kind]
    name: str = ""
    """Searched in the case-folded name without its extension."""
    folder: str = ""
    """Must match one folder's whole name, case-folded."""
    has_language: bool = False

    def takes(self, path: str, *, languages: Sequence[str] = ()) -> bool:
        folders = path.casefold().split("/")[:-1]
        return (
            kind_of(path) in self.kinds
            and (not self.name or re.search(self.name, split_name(path)[0].casefold()) is not None)
            and (not self.folder or any(re.fullmatch(self.folder, folder) for folder in folders))
            and (not self.has_language or tag_in(path, known=languages) != "")
        )


VIDEO = frozenset({Kind.VIDEO})
AUDIO = frozenset({Kind.AUDIO})
WRITING = frozenset({Kind.TEXT, Kind.SUBTITLE})
SUBTITLE = frozenset({Kind.SUBTITLE})
# After the telling word only a take number or a language: `talk_final_2`, `talk_dubbed_pt-br`, not `final_cut`.
END = r"([_.-](v?\d+|[a-z]{2}|hans|hant))*$"

# The first rule that takes a file decides. Names say more than folders, folders more than the kind alone.
RULES = (
    Rule(category=Category.MIXED_VIDEOS, kinds=VIDEO, name=rf"(^|[_.-])(mixed|mix|bgm){END}|^output_sub$"),
    Rule(category=Category.FINAL_VIDEOS, kinds=VIDEO, name=rf"(^|[_.-])(final|dubbed|dub|with_tts){END}"),
    Rule(category=Category.FINAL_VIDEOS, kinds=VIDEO, name=r"^dubbed[_.-]"),
    Rule(category=Category.TRANSLATIONS, kinds=WRITING, name=r"translat"),
    Rule(category=Category.TRANSCRIPTIONS, kinds=WRITING, name=r"transcri|(^|[^a-z])asr([^a-z]|$)"),
    Rule(
        category=Category.VOICES,
        kinds=frozenset({Kind.TEXT}),
        name=r"voice(?!.?over)|^speakers?$|diari[sz]ation",
    ),
    Rule(category=Category.CUSTOM_VOICES, kinds=AUDIO, name=r"^custom_"),
    Rule(category=Category.TRANSCRIPTIONS, kinds=SUBTITLE, name=r"^(original|origin|source|src)([^a-z]|$)"),
    Rule(category=Category.TRANSLATIONS, kinds=WRITING, folder=r"translat(ed|ions?)"),
    Rule(category=Category.TRANSCRIPTIONS, kinds=WRITING, folder=r"transcri(pts?|ptions?|bed)|asr|whisper"),
    Rule(
        category=Category.CUSTOM_VOICES,
        kinds=AUDIO,
        folder=r"(voice_)?ref(er|erence)?s?|speakers?|custom_voice",
    ),
    Rule(category=Category.MIXED_VIDEOS, kinds=VIDEO, folder=r"mix(ed)?"),
    Rule(category=Category.AUDIO, kinds=AUDIO),
    Rule(category=Category.FINAL_VIDEOS, kinds=VIDEO),
    Rule(category=Category.TRANSLATIONS, kinds=SUBTITLE, has_language=True),
    Rule(category=Category.TRANSCRIPTIONS, kinds=SUBTITLE),
)
PRODUCED = RULES[:3]
"""What tells a video that a tool made from the one that it was given."""


def classify(path: str) -> Category:
    """The category of a path that lies in a session's tree."""
    if _is_original(path):
        return Category.ORIGINAL_VIDEO
    head, slash, _ = path.partition("/")
    return FOLDERS.get(head, Category.OTHER) if slash else Category.OTHER


def lies_right(path: str) -> bool:
    """Whether a path is one that `sort_tree` gives: in one of the folders, or the original at the root."""
    head, slash, _ = path.partition("/")
    return _is_original(path) or (bool(slash) and head in FOLDERS)


def language_of(path: str, category: Category, *, known: Sequence[str] = ()) -> str:
    """The language of a file in the session's tree (BCP 47), or "" when nothing tells.

    The original video and its transcriptions have none: language is what a file was dubbed into.
    """
    if category in {Category.ORIGINAL_VIDEO, Category.TRANSCRIPTIONS}:
        return ""
    return tag_in(path.removeprefix(f"{category.folder}/"), known=known)


def session_folders(paths: Iterable[str]) -> list[str]:
    """The folders of several sessions side by side, as in the original's `sessions/`, each with its slash; none where there is but one.

    Each holds a metadata.json, and everything lies in one of them.
    """
    kept = _without_junk(paths)
    wrapper = _wrapper(kept)
    inner = [path.removeprefix(wrapper) for path in kept]
    heads = sorted({path.partition("/")[0] for path in inner})
    apart = all("/" in path for path in inner) and FOLDERS.keys().isdisjoint(heads)
    if len(heads) > 1 and apart and {f"{head}/{METADATA}" for head in heads} <= set(inner):
        return [f"{wrapper}{head}/" for head in heads]
    return []


def find_metadata(paths: Iterable[str], *, rooted: bool = False) -> str | None:
    """Which of a folder's paths is the metadata.json at its root, if there is one.

    `rooted`: the paths are known to start at the root, and not at a folder around it.
    """
    kept = _without_junk(paths)
    source = METADATA if rooted else _wrapper(kept) + METADATA
    return source if source in kept else None


def sort_tree(
    paths: Iterable[str], *, languages: Sequence[str] = (), source_name: str = "", rooted: bool = False
) -> list[Placement]:
    """Sort any folder's files into the session's tree. What lies there already stays where it is.

    Takes clean paths that pass `check_tree`, and gives each exactly one placement, in order of the placed paths; only what operating
    systems leave behind, `metadata.json` at the root and the `.dubbing` folder of our archives are left out. The
    result passes `check_tree`: where two files would get one path, the later one gets a number. The order in
    which paths come in does not matter, and sorting what is sorted changes nothing.

    `source_name` is what the source video is called that the session holds already, if it does: no other video is taken
    for the source then.

    `rooted`: the paths are known to start at the root: some of a folder's files may all lie in one of its folders.
    """
    kept = _without_junk(paths)
    wrapper = "" if rooted else _wrapper(kept)
    inner = {path.removeprefix(wrapper): path for path in kept}
    original = _original_among(inner, source_name=source_name)
    wanted = {
        path: "original_video" + split_name(path)[1].casefold()
        if path == original
        else _wanted(path, languages=languages)
        for path in inner
        if path != METADATA and path.partition("/")[0] != PRIVATE
    }
    # Those that lie right come first: they keep their names.
    order = sorted(wanted, key=lambda path: (path != wanted[path], path))
    tree = Tree()
    placements = []
    for path in order:
        placed = tree.add(wanted[path])
        category = classify(placed)
        language = language_of(placed, category, known=languages)
        placements.append(
            Placement(
                source=inner[path],
                path=placed,
                category=category,
                language=language,
                origin=path if path != placed else "",
            )
        )
    return sorted(placements, key=lambda placement: placement.path)


def _without_junk(paths: Iterable[str]) -> list[str]:
    return sorted({path for path in paths if JUNK.isdisjoint(path.casefold().split("/"))})


def _wrapper(paths: Sequence[str]) -> str:
    """The one folder around everything, with its slash, or "" when there is none or its name means something."""
    heads = {path.partition("/")[0] for path in paths if "/" in path}
    if len(heads) != 1 or any("/" not in path for path in paths):
        return ""
    head = heads.pop()
    inside = {path.split("/")[1] for path in paths}
    is_language = tag_of(head) and inside.isdisjoint({METADATA, *FOLDERS})
    return "" if head.casefold() in FOLDERS or is_language else f"{head}/"


def _is_original(path: str) -> bool:
    """Whether a file at the root is the source; dubbing may start from a sound file too."""
    return "/" not in path and split_name(path)[0] == "original_video" and kind_of(path) in VIDEO | AUDIO


def _original_among(paths: Iterable[str], *, source_name: str) -> str | None:
    """The one video at the root that no tool made, unless one is named as the original already."""
    root = [path for path in paths if "/" not in path]
    if any(map(_is_original, root)):
        return None
    candidates = [
        path
        for path in root
        if kind_of(path) is Kind.VIDEO and not any(rule.takes(path) for rule in PRODUCED)
    ]
    if source_name:
        candidates = [path for path in candidates if path == source_name]
    return candidates[0] if len(candidates) == 1 else None


def _wanted(path: str, *, languages: Sequence[str]) -> str:
    head, slash, rest = path.partition("/")
    if slash and head.casefold() in FOLDERS:
        return f"{head.casefold()}/{rest}"
    if _is_original(path):
        return path
    rules = (rule.category for rule in RULES if rule.takes(path, languages=languages))
    folder = next(rules, Category.OTHER).folder
    if len(f"{folder}/{path}".encode()) > PATH_LIMIT - ROOM:
        return f"{folder}/{path.rpartition('/')[2]}"
    return f"{folder}/{path}"
