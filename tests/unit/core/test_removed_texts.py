"""Tests of texts that leave the metadata document with their files."""

from __future__ import annotations

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.removed_texts import drop_removed_texts

DOCUMENT = {
    "transcription_text": "Hello",
    "languages": ["es", "fr", "hi"],
    "translations": {"es": "Hola", "fr": "Salut"},
}


def entry(path: str, category: Category, language: str = "", role: Role = Role.NONE) -> ManifestEntry:
    return ManifestEntry(
        path=path, sha256="0" * 64, size=1, crc32=0, category=category, language=language, role=role
    )


TRANSCRIPT = entry("a.srt", Category.TRANSCRIPTIONS, "en")
SPANISH = entry("es.srt", Category.TRANSLATIONS, "es")
FRENCH = entry("fr.srt", Category.TRANSLATIONS, "fr")
ALL = entry("translated.json", Category.TRANSLATIONS)


def test_a_removed_translation_leaves_with_its_language():
    document = drop_removed_texts(DOCUMENT, [TRANSCRIPT, SPANISH, FRENCH], [TRANSCRIPT, FRENCH])

    assert document["translations"] == {"fr": "Salut"}
    assert document["languages"] == ["fr", "hi"]
    assert document["transcription_text"] == "Hello"


def test_a_language_with_other_files_stays():
    dubbed = entry("es.wav", Category.AUDIO, "es")

    document = drop_removed_texts(DOCUMENT, [SPANISH, dubbed], [dubbed])

    assert document["translations"] == {"fr": "Salut"}
    assert document["languages"] == ["es", "fr", "hi"]


def test_texts_that_never_had_a_file_stay():
    assert drop_removed_texts(DOCUMENT, [], []) == DOCUMENT


def test_a_file_with_all_translations_takes_all_with_it():
    assert drop_removed_texts(DOCUMENT, [ALL], [])["translations"] == {}
    assert drop_removed_texts(DOCUMENT, [ALL, SPANISH], [ALL])["translations"] == DOCUMENT["translations"]


def test_a_removed_transcript_leaves_the_document():
    assert drop_removed_texts(DOCUMENT, [TRANSCRIPT], [])["transcription_text"] == ""
