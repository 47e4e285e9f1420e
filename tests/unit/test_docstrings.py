"""The first line of a docstring is a summary that fits in 80 characters."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.language.words import ROOT, tracked_files

MAX_LENGTH = 80
EXEMPT = ("tests/", "client/tests/")


def list_files() -> list[str]:
    """Return the tracked Python files except tests and migrations."""
    return [
        name
        for name in tracked_files()
        if name.endswith(".py") and not name.startswith(EXEMPT) and "/migrations/" not in name
    ]


def long_summaries(source: str) -> Iterator[int]:
    """Yield the line numbers of docstrings whose first line is too long."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        docstring = ast.get_docstring(node)
        if docstring and len(docstring.splitlines()[0]) > MAX_LENGTH:
            yield node.body[0].lineno


def test_first_lines_fit_in_80_characters():
    files = list_files()
    found = [
        f"{name}:{line}"
        for name in files
        for line in long_summaries((ROOT / name).read_text(encoding="utf-8"))
    ]

    assert any(name.startswith("client/src/") for name in files)
    assert not found, "Move what does not fit to a second paragraph: " + ", ".join(found)


def test_all_kinds_of_docstrings_are_measured():
    long = f'"""{"x" * 81}"""'
    source = f"{long}\nclass A:\n    {long}\n    def b(self):\n        {long}\n    async def c(self):\n        {long}\n"

    assert sorted(long_summaries(source)) == [1, 3, 5, 7]
    assert not list(long_summaries(source.replace("x" * 81, "x" * 80)))
