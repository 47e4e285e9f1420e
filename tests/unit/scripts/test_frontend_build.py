"""The output of `make frontend`."""

from __future__ import annotations

import json
import re

import pytest

from tests.services.processes import ROOT

DIST = ROOT / "static" / "dist"
FRONTEND = ROOT / "frontend"
BUNDLED = ("hash-wasm", "htmx.org", "wavesurfer.js")


@pytest.mark.parametrize("name", BUNDLED)
def test_the_licenses_of_bundled_packages_are_part_of_the_build(name: str):
    version = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))["dependencies"][name]

    licenses = (DIST / "LICENSES.txt").read_text(encoding="utf-8")

    assert f"{name} {version} (" in licenses


def test_templates_load_only_files_that_are_built():
    loaded = {
        name
        for path in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"(?:static '|/static/)dist/([\w.-]+)", path.read_text(encoding="utf-8"))
    }

    assert loaded <= {path.name for path in DIST.iterdir()}
    assert {"common.css", "common.js", "save.js", "hash-worker.js"} <= loaded


@pytest.mark.parametrize("folder", [FRONTEND, ROOT / "requirements" / "chromium"], ids=lambda path: path.name)
def test_lock_files_contain_hashes_and_no_addresses(folder):
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}

    assert packages
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())
