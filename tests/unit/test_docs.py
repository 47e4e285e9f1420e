"""Statements of the documentation that can be checked against the code."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAME = re.compile(r"`(\w+)`")


def table_rows(heading: str, *, number: int = 0) -> list[list[str]]:
    """Return the cells of a table below a heading, without its header."""
    section = ARCHITECTURE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    tables = re.findall(r"(?:^\|.*\n)+", section, re.MULTILINE)
    return [
        [cell.strip() for cell in line.strip("|\n").split("|")] for line in tables[number].splitlines()[2:]
    ]


def exists(name: str) -> bool:
    """Return whether a layer has code already: the contract reserves places for more."""
    folder = ROOT / "sessions_app" / name
    return folder.is_dir() or folder.with_suffix(".py").is_file()


def test_the_layer_table_is_the_contract() -> None:
    contract = next(one for one in PYPROJECT["tool"]["importlinter"]["contracts"] if one["id"] == "layers")
    layers = [
        sorted(name for name in re.findall(r"\w+", layer) if exists(name)) for layer in contract["layers"]
    ]

    documented = [sorted(NAME.findall(row[0])) for row in table_rows("Layers")]

    assert documented == layers


def test_the_table_of_use_cases_lists_the_packages_of_operations() -> None:
    folder = ROOT / "sessions_app" / "operations"
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    modules = {path.stem for path in folder.glob("*.py")}

    documented = [NAME.findall(row[0])[0] for row in table_rows("The repository in five minutes", number=1)]

    assert len(documented) == len(set(documented))
    assert packages <= set(documented) <= packages | modules


@pytest.mark.parametrize(
    "folder", [row[0].strip("`") for row in table_rows("The repository in five minutes")]
)
def test_folders_of_the_module_map_exist(folder: str) -> None:
    assert (ROOT / folder).is_dir()


@pytest.mark.parametrize(
    "document",
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "client").glob("*.md")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", document.read_text(encoding="utf-8"))

    missing = [link for link in links if not (document.parent / link).exists()]

    assert not missing


@pytest.mark.parametrize(
    "document", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem
)
def test_code_that_a_decision_names_exists(document: Path) -> None:
    named = re.findall(
        r"`((?:sessions_app|client|frontend|tests|dubbing_sessions|scripts|bench)/[\w/.-]+)`",
        document.read_text(encoding="utf-8"),
    )

    missing = [name for name in named if not (ROOT / name).exists()]

    assert not missing


def test_every_setting_is_in_the_readme() -> None:
    settings = (ROOT / "dubbing_sessions" / "settings.py").read_text(encoding="utf-8")
    names = set(re.findall(r'env_\w+\(\s*"(\w+)"', settings))
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert sorted(name for name in names if f"`{name}`" not in readme) == []


def test_the_changelog_has_the_version_of_the_code() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## \[(\d[\d.]*)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    client = tomllib.loads((ROOT / "client" / "pyproject.toml").read_text(encoding="utf-8"))

    assert released[0] == PYPROJECT["project"]["version"] == client["project"]["version"]
