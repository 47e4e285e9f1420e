"""Labels of a file: its category, its language, and its role in the project."""

from __future__ import annotations

from dataclasses import dataclass

from dubbing_core.categories import Category
from dubbing_core.enums import StrEnum
from dubbing_core.sentences import sentence


class Role(StrEnum):
    """Use of a file within its category."""

    NONE = ""
    SOURCE = "source"
    """The video, or audio, that is dubbed."""
    SOURCE_AUDIO = "source_audio"
    """Sound of the source: all of it, voices or background, whole or in pieces."""
    TRANSCRIPT = "transcript"
    """Complete text in the source's language."""
    TRANSLATION = "translation"
    """Complete text in a target language."""
    BILINGUAL = "bilingual"
    """Both texts in one file, which is shown as neither of them."""
    UNCONFIRMED = "unconfirmed"
    """A text of which it is not known whether it is the transcript or a translation; shown as neither."""
    SPEAKERS = "speakers"
    VOICE_ASSIGNMENTS = "voice_assignments"
    VOICE_REFERENCE = "voice_reference"
    """A sample or model from which a voice is cloned."""
    SEGMENT = "segment"
    """Generated audio of one line."""
    DUBBED_AUDIO = "dubbed_audio"
    """A generated audio track."""
    DUBBED_VIDEO = "dubbed_video"
    MIXED_VIDEO = "mixed_video"
    """A dubbed video with background music or burned-in subtitles."""
    SUBTITLED_VIDEO = "subtitled_video"
    """The source with burned-in subtitles: not dubbed."""
    INTERMEDIATE = "intermediate"
    """Working file of a tool, which is no result."""
    PROJECT = "project"
    """The tool's own description of the project: state, settings, lines with their voices."""
    MARKER = "marker"
    """Records the tool's progress, for example that a step has finished."""
    PREVIEW = "preview"
    """Thumbnail, cover or low-quality copy."""
    REPORT = "report"
    """Log, prompt record or quality report."""
    SESSION_METADATA = "session_metadata"
    """The original session manager's metadata.json, which also feeds the session's metadata document."""
    IGNORED = "ignored"
    """Stored, but part of no text, progress or statistic."""

    @property
    def label(self) -> str:
        return ROLE_LABELS[self]


ROLE_LABELS = {
    Role.NONE: sentence("None"),
    Role.SOURCE: sentence("Source"),
    Role.SOURCE_AUDIO: sentence("Audio of the source"),
    Role.TRANSCRIPT: sentence("Transcript"),
    Role.TRANSLATION: sentence("Translation"),
    Role.BILINGUAL: sentence("Bilingual text"),
    Role.UNCONFIRMED: sentence("Text in an unconfirmed role"),
    Role.SPEAKERS: sentence("Speakers"),
    Role.VOICE_ASSIGNMENTS: sentence("Voice assignments"),
    Role.VOICE_REFERENCE: sentence("Voice reference"),
    Role.SEGMENT: sentence("Audio of one line"),
    Role.DUBBED_AUDIO: sentence("Dubbed audio track"),
    Role.DUBBED_VIDEO: sentence("Dubbed video"),
    Role.MIXED_VIDEO: sentence("Mixed video"),
    Role.SUBTITLED_VIDEO: sentence("Subtitled video, not dubbed"),
    Role.INTERMEDIATE: sentence("Intermediate file"),
    Role.PROJECT: sentence("Project file"),
    Role.MARKER: sentence("Record of progress"),
    Role.PREVIEW: sentence("Preview"),
    Role.REPORT: sentence("Log or report"),
    Role.SESSION_METADATA: sentence("Metadata of the session"),
    Role.IGNORED: sentence("Ignored"),
}


class LabelAuthor(StrEnum):
    """Who set a label."""

    RECOGNIZER = "recognizer"
    PERSON = "person"
    """A correction, which stays with the path in later versions."""


@dataclass(frozen=True, kw_only=True, order=True, slots=True)
class Label:
    """What a recognizer, or a person, states about one file."""

    category: Category
    language: str = ""
    """A BCP 47 tag, or "" where none is known."""
    role: Role = Role.NONE
