"""docs/glossary.md: each term once, in order, with code that exists; each model is a term's code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sessions_app import models

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"\| (?P<term>[^|]+) \| (?P<meaning>[^|]+\.) \| `(?P<code>[\w.]+)` \|")
LINES = (ROOT / "docs/glossary.md").read_text(encoding="utf-8").splitlines()
TABLE = [line for line in LINES if line.startswith("| ")][1:]
ROWS = [match for line in TABLE if (match := ROW.fullmatch(line))]


def find_module(parts: list[str]) -> Path | None:
    for root in (ROOT, ROOT / "client/src"):
        path = root.joinpath(*parts)
        for module in (path.with_suffix(".py"), path / "__init__.py"):
            if module.is_file():
                return module
    return None


def top_level_names(module: Path) -> set[str]:
    """Return the names that a module defines or imports."""
    names: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names.update(target.id for target in targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.ImportFrom):
            names.update(alias.asname or alias.name for alias in node.names)
    return names


def exists(code: str) -> bool:
    parts = code.split(".")
    if find_module(parts):
        return True
    module = find_module(parts[:-1])
    return module is not None and parts[-1] in top_level_names(module)


def test_every_line_of_the_table_has_a_term_a_meaning_and_code():
    assert len(ROWS) == len(TABLE) > 50


def test_terms_are_unique_and_in_alphabetical_order():
    terms = [row["term"].casefold() for row in ROWS]

    assert terms == sorted(set(terms))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["term"])
def test_code_exists(row):
    assert exists(row["code"])


@pytest.mark.parametrize("name", models.__all__)
def test_every_model_is_the_code_of_a_term(name):
    assert f"sessions_app.models.{name}" in {row["code"] for row in ROWS}
