"""Contract of `dubbing_core`: pure rules on values, for the portal and for a client on Python 3.10 without compiled libraries."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.services.waits import LIMIT

SOURCES = Path(__file__).parents[3] / "client/src"
CORE = SOURCES / "dubbing_core"
MODULES = sorted(CORE.rglob("*.py"))

REQUIRED = {"langcodes"}
"""Dependencies that the client's distribution declares."""
OPTIONAL = {"zlib_ng"}
"""Compiled libraries: faster, and imported in one module with a fallback."""
IMPURE = {
    *{
        "asyncio",
        "ftplib",
        "http",
        "select",
        "selectors",
        "smtplib",
        "socket",
        "socketserver",
        "ssl",
        "urllib",
    },
    *{
        "glob",
        "mmap",
        "multiprocessing",
        "os",
        "shutil",
        "signal",
        "sqlite3",
        "subprocess",
        "tempfile",
        "time",
    },
    *{"random", "secrets", "uuid"},
}
"""Modules of the standard library for networks, files, processes, clocks and random numbers."""
IMPURE_FUNCTIONS = {"input", "open", "print"}
IMPURE_METHODS = {"now", "read_bytes", "read_text", "today", "utcnow", "write_bytes", "write_text"}


@cache
def parse(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"), feature_version=(3, 10))


def imported_packages(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def called_names(tree: ast.Module) -> tuple[set[str], set[str]]:
    """Return the names of called functions and of called methods."""
    calls = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
    functions = {call.id for call in calls if isinstance(call, ast.Name)}
    return functions, {call.attr for call in calls if isinstance(call, ast.Attribute)}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(CORE)))
class TestModule:
    def test_has_the_syntax_of_python_3_10_and_a_docstring(self, module):
        assert ast.get_docstring(parse(module))

    def test_imports_only_pure_and_declared_modules(self, module):
        allowed = {"dubbing_core", *REQUIRED} | (sys.stdlib_module_names - IMPURE)
        if module.name == "codec.py":
            allowed |= OPTIONAL

        assert set(imported_packages(parse(module))) <= allowed

    def test_opens_no_files_and_reads_no_clock(self, module):
        functions, methods = called_names(parse(module))

        assert functions.isdisjoint(IMPURE_FUNCTIONS)
        assert methods.isdisjoint(IMPURE_METHODS)

    def test_parses_timestamps_with_the_shared_function(self, module):
        _, methods = called_names(parse(module))

        assert module.name == "timestamps.py" or "fromisoformat" not in methods


def test_the_client_declares_the_dependencies():
    project = tomllib.loads((SOURCES.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    declared = {re.split(r"[^\w-]", requirement)[0] for requirement in project["dependencies"]}

    assert declared >= REQUIRED
    assert project["requires-python"] == ">=3.10"
    assert (CORE / "py.typed").exists()


def test_all_modules_import_without_the_optional_and_the_portals_libraries():
    names = [".".join(module.relative_to(SOURCES).with_suffix("").parts) for module in MODULES]
    program = f"""
import importlib, sys
for name in {sorted({*OPTIONAL, "boto3", "celery", "django"})}:
    sys.modules[name] = None
for name in {[name.removesuffix(".__init__") for name in names]}:
    importlib.import_module(name)
"""

    subprocess.run(
        [sys.executable, "-c", program], check=True, timeout=LIMIT, env={"PYTHONPATH": str(SOURCES)}
    )
