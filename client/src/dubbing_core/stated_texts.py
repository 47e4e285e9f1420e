"""Texts and voices that a person stated: files do not replace them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

from dubbing_core.categories import Category
from dubbing_core.languages import fold_language_tag
from dubbing_core.project_edits import name_voice, read_edits, write_edits
from dubbing_core.texts import ExtractedTexts

CATEGORIES = {
    "transcription_text": Category.TRANSCRIPTIONS,
    "translations": Category.TRANSLATIONS,
    "voices": Category.VOICES,
}
SINGLE = "transcription_text"
"""The text without a language."""


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
    known = set(map(_fold_name, stated))
    names = []
    for name, text in _list_texts(uploaded):
        has_file = (
            CATEGORIES[name.partition(" ")[0]] in categories
        )  # else a recognizer has found it in the document itself
        is_new = text != before.get(name) if earlier is not None else name in found or not has_file
        if (text != found.get(name) or not has_file) and (is_new or name in known):
            names.append(name)
    return tuple(names)


def forget_absent(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document that states none of the texts that it does not have.

    A file that comes later would be left out for them.
    """
    edits = read_edits(document)
    present = {name for name, _ in _list_texts(document)}
    names = tuple(name for name in edits.stated_texts if _fold_name(name) in present)
    if names == edits.stated_texts:
        return dict(document)
    return write_edits(document, replace(edits, stated_texts=names))


def leave_out_stated(texts: ExtractedTexts, stated: Collection[str]) -> ExtractedTexts:
    """Return the texts of files without those that a person stated."""
    known = set(map(_fold_name, stated))

    def drop(group: str, values: Mapping[str, str] | None) -> dict[str, str] | None:
        return {key: text for key, text in (values or {}).items() if _name(group, key) not in known} or None

    return replace(
        texts,
        transcription_text=None if SINGLE in known else texts.transcription_text,
        translations=drop("translations", texts.translations),
        voices=drop("voices", texts.voices),
    )


def _list_texts(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield name and text of each."""
    if text := document.get(SINGLE):
        yield SINGLE, text
    for tag, text in (document.get("translations") or {}).items():
        if text:
            yield _name("translations", tag), text
    for key, voice in (document.get("voices") or {}).items():
        if text := name_voice(voice):
            yield _name("voices", key), text


def _list_found(texts: ExtractedTexts) -> Iterator[tuple[str, str]]:
    yield from _list_texts(
        {SINGLE: texts.transcription_text, "translations": texts.translations, "voices": texts.voices}
    )


def _name(group: str, key: str) -> str:
    return f"{group} {fold_language_tag(key)}"


def _fold_name(name: str) -> str:
    group, _, key = name.partition(" ")
    return _name(group, key) if key else group
