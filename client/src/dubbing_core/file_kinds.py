"""Kinds of files, guessed from the extension alone."""

from __future__ import annotations

from dubbing_core.enums import StrEnum


class FileKind(StrEnum):
    """Kind of a file's format."""

    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLE = "subtitle"
    TEXT = "text"
    """Formats in which tools store transcripts, translations and voice assignments."""
    OTHER = "other"


EXTENSIONS = {
    FileKind.VIDEO: "3gp avi flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv ts webm wmv",
    FileKind.AUDIO: "aac ac3 aif aiff amr caf flac m4a mka mp3 oga ogg opus wav weba wma",
    FileKind.SUBTITLE: "ass sbv srt ssa sub ttml vtt",
    FileKind.TEXT: "csv doc docx json jsonl md odt pdf rtf tsv txt xlsx xml yaml yml",
}
KIND_BY_EXTENSION = {
    extension: kind for kind, extensions in EXTENSIONS.items() for extension in extensions.split()
}


def guess_kind(path: str) -> FileKind:
    """Return the kind of a file from its extension."""
    return KIND_BY_EXTENSION.get(split_name(path)[1][1:].casefold(), FileKind.OTHER)


def split_name(path: str) -> tuple[str, str]:
    """Split the name into stem and extension: `a/Talk.MP4` -> `Talk`, `.MP4`."""
    name = path.rpartition("/")[2]
    stem, dot, extension = name.rpartition(".")
    return (stem, dot + extension) if stem else (name, "")
