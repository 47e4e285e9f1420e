"""Staleness where a file has the texts of several languages: each of them counts by its own lines."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from dubbing_core.categories import Category
from dubbing_core.input_history import ANY_LANGUAGE, TRANSCRIPT, InputHistory, SameText
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.stale_results import Input
from dubbing_core.staleness import compute_progress_history
from dubbing_core.steps import Step
from dubbing_core.timeline.text_digests import digest_texts

SHARED = "translated.json"
Texts = dict[str, str]
"""Text of each language in the shared file."""


class Project:
    """A project with audio of several languages, whose translations are in one file."""

    def __init__(
        self, *, role: Role = Role.TRANSLATION, label: str = "", audio: tuple[str, ...] = ()
    ) -> None:
        self.versions: list[dict[str, str]] = []
        self.texts: dict[str, Texts] = {}
        """Of each shared file, by SHA-256."""
        self.history = InputHistory.empty()
        self.role = role
        self.label = label
        self.audio = audio

    def save(self, texts: Texts, *, takes: Mapping[str, str] | None = None) -> dict[str, int]:
        """Save a shared file, read its texts; return the versions that made audio stale, by language."""
        sha256 = digest(repr(sorted(texts.items())))
        self.texts[sha256] = texts
        takes = dict.fromkeys(self.audio, "1") | dict(takes or {})
        files = {f"{language}.wav": digest(language + sound) for language, sound in takes.items()}
        self.versions.append({SHARED: sha256, **files})
        stored = InputHistory.from_dict(self.history.as_dict())
        matrix, self.history = compute_progress_history(
            {"languages": list(takes)},
            [self.describe(path, sha256) for path, sha256 in self.versions[-1].items()],
            since={path: self.first(path, sha256) for path, sha256 in self.versions[-1].items()},
            history=stored.with_texts(self.find_same_texts(), ()),
            number=len(self.versions),
            compare_lines=lambda outdated: outdated.stale,
        )
        stale = {language: matrix.cell(language, Step.VOICED).stale for language in takes}
        return {language: found.changed_in for language, found in stale.items() if found}

    def find_same_texts(self) -> dict[str, SameText]:
        """Return the first file with each text, as the portal finds them."""
        found = {}
        for sha256, texts in self.texts.items():
            own = {key: self.first_with(key, text) for key, text in texts.items()}
            found[sha256] = SameText(sha256, self.first(SHARED, sha256), own)
        return found

    def first_with(self, key: str, text: str) -> SameText:
        sha256 = next(sha256 for sha256, texts in self.texts.items() if texts.get(key) == text)
        return SameText(sha256, self.first(SHARED, sha256))

    def first(self, path: str, sha256: str) -> int:
        return next(number for number, files in enumerate(self.versions, 1) if files.get(path) == sha256)

    def describe(self, path: str, sha256: str) -> ManifestEntry:
        is_audio = path.endswith(".wav")
        return ManifestEntry(
            path=path,
            sha256=sha256,
            size=1,
            crc32=0,
            category=Category.AUDIO if is_audio else Category.TRANSLATIONS,
            language=path[:2] if is_audio else self.label,
            role=Role.DUBBED_AUDIO if is_audio else self.role,
        )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_language_that_is_added_makes_none_stale():
    project = Project(audio=("hi", "ar", "es"))
    assert project.save({"hi": "1", "ar": "1"}) == {}

    assert project.save({"hi": "1", "ar": "1", "es": "1"}) == {}
    assert project.save({"hi": "1", "ar": "1"}) == {}


def test_a_changed_language_makes_its_own_audio_stale_until_it_is_made_again():
    project = Project(audio=("hi", "ar"))
    project.save({"hi": "1", "ar": "1"})

    assert project.save({"hi": "2", "ar": "1"}) == {"hi": 2}
    assert project.save({"hi": "2", "ar": "2"}) == {"hi": 2, "ar": 3}
    assert project.save({"hi": "2", "ar": "2"}, takes={"hi": "2"}) == {"ar": 3}
    assert project.save({"hi": "2", "ar": "1"}, takes={"hi": "2"}) == {}


def test_a_language_is_as_old_as_its_own_lines():
    project = Project(audio=("hi", "ar"))
    project.save({"hi": "1", "ar": "1"})
    project.save({"hi": "2", "ar": "1"})

    first, last = (version[SHARED] for version in project.versions)
    same = project.history.same_texts[last]
    assert same.find_translation("hi") == SameText(last, 2)
    assert same.find_translation("AR") == SameText(first, 1)
    assert same.find_translation("es") is None
    assert same.find_transcript() is None


def test_a_language_without_lines_in_the_file_has_no_input():
    project = Project(audio=("hi", "es"))
    project.save({"hi": "1", "ar": "1"})
    project.save({"hi": "1", "ar": "2"})

    assert ("es", Input.TRANSLATED) not in project.history.changes
    assert len(project.history.changes["hi", Input.TRANSLATED]) == 1


def test_a_translation_that_changes_in_a_project_file_leaves_the_transcript_as_it_was():
    project = Project(role=Role.PROJECT, label="hi", audio=("hi",))
    project.save({TRANSCRIPT: "1", ANY_LANGUAGE: "1"})

    assert project.save({TRANSCRIPT: "1", ANY_LANGUAGE: "2"}) == {"hi": 2}
    assert len(project.history.changes["", Input.TRANSCRIBED]) == 1
    assert project.save({TRANSCRIPT: "2", ANY_LANGUAGE: "1"}) == {"hi": 3}  # made from a stale translation
    assert len(project.history.changes["", Input.TRANSCRIBED]) == 2


def test_a_second_translation_in_a_project_file_leaves_the_first_as_it_was():
    project = Project(role=Role.PROJECT, label="hi", audio=("hi",))
    project.save({TRANSCRIPT: "1", ANY_LANGUAGE: "1", "hi": "1"})

    assert project.save({TRANSCRIPT: "1", "hi": "1", "ar": "1"}) == {}
    assert project.save({TRANSCRIPT: "1", "hi": "2", "ar": "1"}) == {"hi": 3}


def test_a_file_whose_label_claims_another_language_counts_as_a_whole():
    project = Project(label="es", audio=("es",))
    project.save({"hi": "1", "ar": "1"})

    assert project.save({"hi": "1", "ar": "2"}) == {"es": 2}


def test_a_history_of_before_has_no_texts_of_languages():
    stored = {"*same_texts": {"b": ["a", 1]}}

    history = InputHistory.from_dict(stored)

    assert history.same_texts == {"b": SameText("a", 1)}
    assert history.as_dict() == stored


def test_texts_of_a_file_have_digests_by_language():
    tracks = [
        {"kind": kind, "language": language, "digest": text}
        for kind, language, text in (
            ("transcript", "en", "a"),
            ("translation", "hi", "b"),
            ("translation", "pt_BR", "b"),
            ("translation", "", "c"),
        )
    ]

    assert list(digest_texts(tracks)) == [TRANSCRIPT, "hi", "pt-br", ANY_LANGUAGE]
    assert digest_texts(tracks)["hi"] == digest_texts(tracks)["pt-br"]
    assert set(digest_texts(tracks[:2])) == {TRANSCRIPT, ANY_LANGUAGE, "hi"}
    assert digest_texts(tracks[:2])[ANY_LANGUAGE] == digest_texts(tracks)["hi"]
