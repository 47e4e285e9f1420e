"""Find banned words in the tracked text files of the repository."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.language.banned import ALLOWED, IDENTIFIERS, WORDS

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = {
    *{".cfg", ".css", ".html", ".in", ".ini", ".js", ".json", ".md", ".mjs", ".py", ".sh"},
    *{".toml", ".ts", ".txt", ".yaml", ".yml"},
}
SKIPPED = re.compile(
    r"tests/language/(?:banned|test_language)\.py|LICENSE"  # contain banned words on purpose; legal text
    r"|requirements/\w+\.txt|(?:.*/)?package-lock\.json"  # hashes and names of packages
    r"|(?:.*/)?language_names\.json"  # in all languages
    r"|(?:.*/)?vendor/.*|client/tests/original_usage\..*"  # third-party code and quotations
    r"|sessions_app/migrations/.*|tests/integration/test_migrations\.py"  # names that migrations replace
)
GAP = r"(?:[\s_]|(?<=\n)[ \t]*(?:\#|//|\*|<!--))+"
"""Between the words of a phrase: spaces, `_`, and line breaks inside a comment."""
CAMEL_CASE = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
JS_NAME = re.compile(r"\b(?:const|let|var|function|class)\s+(\w+)")


@dataclass(frozen=True)
class Hit:
    path: str
    line: int
    word: str
    instead: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.word!r}: write {self.instead}"


@cache
def any_word() -> re.Pattern[str]:
    """Return an expression for lower-case text, four times as fast as ``patterns``."""
    words = "|".join(words.replace(" ", GAP) for words in WORDS)
    return re.compile(rf"(?<![^\W_])(?:{words})(?![^\W_])")


@cache
def patterns() -> tuple[re.Pattern[str], dict[str, str]]:
    """Return one expression for all banned words, and the replacement for each of its groups."""
    groups = {f"w{number}": instead for number, instead in enumerate(WORDS.values())}
    parts = [f"(?P<{name}>{words.replace(' ', GAP)})" for name, words in zip(groups, WORDS, strict=True)]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(parts)})(?![^\W_])", re.IGNORECASE), groups


ALLOWED_PATTERN = re.compile("|".join(ALLOWED))


def tracked_files() -> list[str]:
    """Return the paths of all tracked text files that people write."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, timeout=60)
    paths = [path for path in listed.stdout.decode().split("\0") if path and (ROOT / path).is_file()]
    return [path for path in paths if _is_text(path) and not SKIPPED.fullmatch(path)]


def _is_text(path: str) -> bool:
    name = Path(path)
    return name.suffix in SUFFIXES or (not name.suffix and not (ROOT / path).read_bytes()[:1024].count(0))


def hits_in_file(path: str) -> list[Hit]:
    """Return the hits in a file's path (as line 0) and contents."""
    return [*_hits_in_path(path), *hits_in_source(path, (ROOT / path).read_text(encoding="utf-8"))]


def hits_in_source(path: str, text: str) -> list[Hit]:
    hits = [*hits_in_text(text, path), *_hits_in_names(text, path)]
    return sorted(dict.fromkeys(hits), key=lambda hit: hit.line)


def _hits_in_path(path: str) -> Iterator[Hit]:
    for hit in hits_in_text(path.replace("/", "\n"), path):
        yield Hit(path, 0, hit.word, hit.instead)
    if (stem := Path(path).stem) in IDENTIFIERS:
        yield Hit(path, 0, stem, IDENTIFIERS[stem])


def hits_in_text(text: str, path: str) -> Iterator[Hit]:
    words = CAMEL_CASE.sub("_", ALLOWED_PATTERN.sub("", text))
    if not any_word().search(words.lower()):
        return
    expression, groups = patterns()
    for match in expression.finditer(words):
        line = words.count("\n", 0, match.start()) + 1
        word = " ".join(re.findall(r"[^\W_]+", match[0]))
        yield Hit(path, line, word, groups[str(match.lastgroup)])


def _hits_in_names(text: str, path: str) -> Iterator[Hit]:
    names = _python_names(text) if path.endswith(".py") else _js_names(text) if _is_js(path) else ()
    for name, line in names:
        if name in IDENTIFIERS:
            yield Hit(path, line, name, IDENTIFIERS[name])


def _is_js(path: str) -> bool:
    return path.endswith((".js", ".mjs", ".ts"))


def _python_names(text: str) -> Iterator[tuple[str, int]]:
    """Yield each name that the source binds, with its line."""
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name, node.lineno
            case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, node.lineno
            case ast.AsyncFunctionDef(name=name):
                yield name, node.lineno
            case _:
                pass


def _js_names(text: str) -> Iterator[tuple[str, int]]:
    for match in JS_NAME.finditer(text):
        yield match[1], text.count("\n", 0, match.start()) + 1


def prose(source: str) -> Iterator[str]:
    """Yield the comments and docstrings of Python source."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield str(node.value.value)
