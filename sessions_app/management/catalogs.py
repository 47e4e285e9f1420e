"""Catalogs of translations: extracted from the sources, and compiled.

Babel does both, so that GNU gettext need not be installed.
"""

from __future__ import annotations

import ast
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "static" / "locale"
FUNCTIONS: dict[str, Any] = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop", "sentence", "template")),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "plural", "plural_forms"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
CONTEXT_SEPARATOR = "\x04"
"""Between context and text, as in .mo files."""
HEADER = r"""msgid ""
msgstr ""
"Language: {language}\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"Plural-Forms: {plural_forms}\n"

"""


def extract_code(file: Any, keywords: Any, tags: Any, options: Any) -> Iterator[Any]:
    """Return the strings of Python code.

    Also those in f-strings, which Babel does not read before Python 3.12.
    """
    source = file.read()
    yield from extract_python(BytesIO(source), keywords, tags, options)
    parts = (part for part in ast.walk(ast.parse(source)) if isinstance(part, ast.JoinedStr))
    for call in (node for part in parts for node in ast.walk(part) if isinstance(node, ast.Call)):
        yield from extract_python(BytesIO(ast.unparse(call).encode()), keywords, tags, options)


def extract_template(file: Any, keywords: Any, tags: Any, options: Any) -> Iterator[Any]:  # noqa: ARG001 (Babel's signature)
    """Return the strings of a template, which Django turns into calls of gettext."""
    source = templatize(file.read().decode())
    calls = "\n".join(line.lstrip() for line in source.splitlines())
    yield from extract_python(BytesIO(calls.encode()), FUNCTIONS, (), {})


def list_languages() -> list[str]:
    """Return the languages that have catalogs: all but English."""
    return [code for code, _ in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


@dataclass(frozen=True, kw_only=True)
class Source:
    """Files whose strings are in one catalog for each language, in ``folder``."""

    folder: str
    patterns: tuple[str, ...]
    method: Any
    functions: dict[str, Any]
    domain: str = "django"
    options: dict[str, Any] = field(default_factory=dict)

    def path(self, language: str) -> Path:
        return ROOT / self.folder / "locale" / language / "LC_MESSAGES" / f"{self.domain}.po"

    def extract(self) -> Catalog:
        """Return the strings of all files, in the order of their paths."""
        catalog = Catalog()
        for path in (path for pattern in self.patterns for path in sorted(ROOT.glob(pattern))):
            with path.open("rb") as file:
                for _, messages, _, context in extract(self.method, file, self.functions, (), self.options):
                    catalog.add(messages, locations=[(str(path.relative_to(ROOT)), 1)], context=context)
        return catalog


SOURCES = (
    Source(
        folder="sessions_app",
        patterns=("client/src/dubbing_core/**/*.py", "dubbing_sessions/**/*.py", "sessions_app/**/*.py"),
        method=extract_code,
        functions=FUNCTIONS,
    ),
    Source(
        folder="templates",
        patterns=("templates/**/*.html", "templates/**/*.txt"),
        method=extract_template,
        functions=FUNCTIONS,
    ),
    Source(
        folder="frontend",
        patterns=("frontend/src/**/*.js",),
        method="javascript",
        functions=FUNCTIONS,
        domain="djangojs",
        options={"parse_template_string": True},
    ),
)


def read_catalog(path: Path, language: str) -> Catalog:
    """Return a catalog, which is empty if it does not exist yet."""
    if not path.is_file():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, language)


def update_catalog(source: Source, language: str) -> Catalog:
    """Write the .po file: add new strings, remove others, keep translations."""
    path = source.path(language)
    catalog = read_catalog(path, language)
    catalog.update(source.extract(), no_fuzzy_matching=True)
    catalog.obsolete.clear()
    _replace(path, format_catalog(catalog, language))
    return catalog


def format_catalog(catalog: Catalog, language: str) -> bytes:
    """Return a .po file without times and line numbers, which change too often."""
    header = HEADER.format(language=language, plural_forms=catalog.plural_forms)
    body = BytesIO()
    write_po(body, catalog, width=110, omit_header=True, include_lineno=False)
    return header.encode() + body.getvalue().strip() + b"\n"


def compile_catalogs() -> bool:
    """Compile the catalogs that have changed; return whether there was one."""
    has_changed = False
    for language in list_languages():
        for source in SOURCES:
            path = source.path(language)
            output = SCRIPTS / f"{language}.js" if source.domain == "djangojs" else path.with_suffix(".mo")
            if path.is_file() and _is_older(output, path):
                catalog = read_catalog(path, language)
                build = _build_script if source.domain == "djangojs" else _build_mo
                _replace(output, build(catalog, language))
                has_changed = True
    return has_changed


def _build_mo(catalog: Catalog, _: str) -> bytes:
    output = BytesIO()
    write_mo(output, catalog)
    return output.getvalue()


def _build_script(catalog: Catalog, language: str) -> bytes:
    """Return the script that pages in the language load before all others."""
    messages = {}
    for message in catalog:
        translated = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.id and all(translated):
            singular = message.id[0] if isinstance(message.id, tuple) else message.id
            key = f"{message.context}{CONTEXT_SEPARATOR}{singular}" if message.context else singular
            messages[key] = list(translated) if isinstance(message.id, tuple) else translated[0]
    text = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
    return (
        f"globalThis.dubbingCatalog={{language:{json.dumps(language)},"
        f"plural:(n)=>Number({catalog.plural_expr}),messages:{text}}};\n"
    ).encode()


def _is_older(output: Path, source: Path) -> bool:
    return not output.is_file() or output.stat().st_mtime_ns < source.stat().st_mtime_ns


def _replace(path: Path, content: bytes) -> None:
    """Replace a file at once: several processes may compile the same catalog."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(path)
