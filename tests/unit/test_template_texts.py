"""Words in templates that are not marked for translation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from tests.services.processes import ROOT

TEMPLATES = ROOT / "templates"
SHOWN_ATTRIBUTES = {"alt", "aria-description", "aria-label", "label", "placeholder", "title"}
UNSEEN_ELEMENTS = {"code", "kbd", "script", "style"}
UNTRANSLATED_FOLDERS = {"styleguide"}
"""For developers."""
NAMES = {
    "API",
    "Dubbing Sessions",
    "OpenAPI",
    "SHA-256",
    "ZIP",
    "CSV",
    "SRT",
    "TXT",
    "VTT",
    "openapi.json",
    "metadata.json",
}
UNSEEN_BLOCK = re.compile(
    r"{% (block (extra_head|page_class|scripts|styles|updates|width)|setvar \w+) %}.*?{% (endblock|endsetvar) %}",
    re.DOTALL,
)
TRANSLATED = re.compile(r"{% blocktranslate\b.*?{% endblocktranslate %}", re.DOTALL)
COMMENT = re.compile(r"{#.*?#}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
WORD = re.compile(r"[A-Za-z]{2,}")
LITERAL = re.compile(r"(?<![_(])\"[A-Z][a-z]+[^\"]*\"")
"""Text in a tag, such as the default of a value."""


class Texts(HTMLParser):
    """Collects what a browser shows or reads out of a template without its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.unseen = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.unseen += tag in UNSEEN_ELEMENTS
        shown = SHOWN_ATTRIBUTES | ({"value"} if ("type", "submit") in attrs and tag == "input" else set())
        self.texts += [value for name, value in attrs if name in shown and value]

    def handle_endtag(self, tag: str) -> None:
        self.unseen -= tag in UNSEEN_ELEMENTS

    def handle_data(self, data: str) -> None:
        if not self.unseen:
            self.texts.append(data)


def list_unmarked(source: str) -> Iterator[str]:
    """Return the words of a template that no translation can replace."""
    source = UNSEEN_BLOCK.sub("", COMMENT.sub("", TRANSLATED.sub("", source)))
    parser = Texts()
    parser.feed(TAG.sub("", source))
    parser.close()
    for text in parser.texts:
        bare = " ".join(text.split()).strip(" ·/()…,.:;|“”")
        if WORD.search(bare) and bare not in NAMES:
            yield bare
    for tag in TAG.findall(source):
        if "|default:" in tag and (literal := LITERAL.search(tag)):
            yield literal[0]


def test_every_text_of_the_templates_is_marked():
    paths = [path for path in TEMPLATES.rglob("*.html") if path.parent.name not in UNTRANSLATED_FOLDERS]
    unmarked = {
        path.relative_to(TEMPLATES).as_posix(): list(list_unmarked(path.read_text())) for path in paths
    }

    assert {path: words for path, words in unmarked.items() if words} == {}


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Saved</p>", ["Saved"]),
        ('<p title="Saved {{ when }}"></p>', ["Saved"]),
        ('<input type="submit" value="Save">', ["Save"]),
        ('{{ name|default:"No name" }}', ['"No name"']),
        ('{% translate "Saved" %} <code>audio/</code> {{ name|default:_("No name") }} · ZIP', []),
        ("{% blocktranslate %}{{ count }} files{% endblocktranslate %}{# why #}", []),
    ],
)
def test_unmarked_words_are_found(source: str, words: list[str]):
    assert list(list_unmarked(source)) == words


def test_pages_without_a_request_are_in_the_language_of_the_response():
    with override("de"):
        page = render_to_string("503.html", {"message": "Der Speicher antwortet nicht."})

    assert '<html lang="de">' in page
    assert "Der Speicher antwortet nicht. Was gespeichert wurde, bleibt erhalten." in page
