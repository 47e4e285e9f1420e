"""Categories of a session's files, and the folder of each in the session's tree."""

from __future__ import annotations

from collections.abc import Sequence

from dubbing_core.enums import StrEnum
from dubbing_core.file_kinds import FileKind, guess_kind, split_name
from dubbing_core.languages import find_language_tag
from dubbing_core.sentences import sentence

METADATA_NAME = "metadata.json"
PRIVATE_FOLDER = ".dubbing"
"""Folder that each export writes about itself (checksums, history). Never stored as files of a session."""


class Category(StrEnum):
    """Role of a file in a dubbing project."""

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
    def noun(self) -> str:
        """The label within a sentence."""
        return NOUNS[self]

    @property
    def folder(self) -> str:
        """The folder of its files; "" for the original video, which is a file at the root."""
        return "" if self is Category.ORIGINAL_VIDEO else self.value


LABELS = {
    Category.ORIGINAL_VIDEO: sentence("Original video"),
    Category.TRANSCRIPTIONS: sentence("Transcriptions"),
    Category.TRANSLATIONS: sentence("Translations"),
    Category.VOICES: sentence("Voice assignments"),
    Category.AUDIO: sentence("Audio"),
    Category.CUSTOM_VOICES: sentence("Custom voices"),
    Category.FINAL_VIDEOS: sentence("Final videos"),
    Category.MIXED_VIDEOS: sentence("Mixed videos"),
    Category.OTHER: sentence("Other"),
}
NOUNS = {
    Category.ORIGINAL_VIDEO: sentence("original video"),
    Category.TRANSCRIPTIONS: sentence("transcriptions"),
    Category.TRANSLATIONS: sentence("translations"),
    Category.VOICES: sentence("voice assignments"),
    Category.AUDIO: sentence("audio"),
    Category.CUSTOM_VOICES: sentence("custom voices"),
    Category.FINAL_VIDEOS: sentence("final videos"),
    Category.MIXED_VIDEOS: sentence("mixed videos"),
    Category.OTHER: sentence("other"),
}
FOLDERS = {category.folder: category for category in Category if category.folder}


def classify_path(path: str) -> Category:
    """Return the category of a path in a session's tree."""
    if is_original_video(path):
        return Category.ORIGINAL_VIDEO
    head, slash, _ = path.partition("/")
    return FOLDERS.get(head, Category.OTHER) if slash else Category.OTHER


def is_placed(path: str) -> bool:
    """Return whether a path is in a category's folder or is the original video."""
    head, slash, _ = path.partition("/")
    return is_original_video(path) or (bool(slash) and head in FOLDERS)


def is_original_video(path: str) -> bool:
    """Return whether a path is the source: a video or audio file at the root."""
    return (
        "/" not in path
        and split_name(path)[0] == "original_video"
        and guess_kind(path) in {FileKind.VIDEO, FileKind.AUDIO}
    )


def detect_language(path: str, category: Category, *, languages: Sequence[str] = ()) -> str:
    """Return the language of a file in the session's tree (BCP 47), or "".

    The original video and its transcriptions have none: the language is the one that a file was dubbed into.

    :param languages: tags that the session already has.
    """
    if category in {Category.ORIGINAL_VIDEO, Category.TRANSCRIPTIONS}:
        return ""
    return find_language_tag(path.removeprefix(f"{category.folder}/"), languages=languages)
