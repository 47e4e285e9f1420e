"""Texts and voices that a person stated: files do not replace them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.project_edits import name_voice
from dubbing_core.texts import ExtractedTexts

CATEGORIES = {
    "transcription_text": Category.TRANSCRIPTIONS,
    "translations": Category.TRANSLATIONS,
    "voices": Category.VOICES,
}
Key = tuple[str, str]
"""Key of the document, and of the language or speaker in it."""


def find_stated_texts(
    uploaded: Mapping[str, Any],
    earlier: Mapping[str, Any] | None,
    texts: ExtractedTexts,
    *,
    categories: Collection[Category],
    stated: Collection[str],
) -> tuple[str, ...]:
    """Return which texts of a document a person stated, such as ``translations hi``.

    They differ from those of before; in the first version from those of the files, or there is no file that they can come from.

    :param earlier: the document of the version before, if there is one.
    :param texts: of the saved files.
    :param categories: of all files.
    :param stated: texts that were stated before.
    """
    before, found = dict(_list_texts(earlier or {})), dict(_list_found(texts))
    names = []
    for key, text in _list_texts(uploaded):
        has_file = CATEGORIES[key[0]] in categories  # else a recognizer has found it in the document itself
        is_new = text != before.get(key) if earlier is not None else key in found or not has_file
        if (text != found.get(key) or not has_file) and (is_new or _name(key) in stated):
            names.append(_name(key))
    return tuple(names)


def leave_out_stated(texts: ExtractedTexts, stated: Collection[str]) -> ExtractedTexts:
    """Return the texts of files without those that a person stated."""

    def drop(group: str, values: Mapping[str, str] | None) -> dict[str, str] | None:
        return {
            key: text for key, text in (values or {}).items() if _name((group, key)) not in stated
        } or None

    is_stated = _name(("transcription_text", "")) in stated
    return replace(
        texts,
        transcription_text=None if is_stated else texts.transcription_text,
        translations=drop("translations", texts.translations),
        voices=drop("voices", texts.voices),
    )


def _list_texts(document: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    if text := document.get("transcription_text"):
        yield ("transcription_text", ""), text
    for tag, text in (document.get("translations") or {}).items():
        if text:
            yield ("translations", tag), text
    for key, voice in (document.get("voices") or {}).items():
        if name := name_voice(voice):
            yield ("voices", key), name


def _list_found(texts: ExtractedTexts) -> Iterator[tuple[Key, str]]:
    yield from _list_texts(
        {
            "transcription_text": texts.transcription_text,
            "translations": texts.translations,
            "voices": texts.voices,
        }
    )


def _name(key: Key) -> str:
    return " ".join(filter(None, key))
