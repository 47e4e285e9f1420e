"""`scripts/install`, which make calls first on a new machine."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.processes import ROOT

WITHOUT_ENSUREPIP = f"""#!/bin/sh
case "$*" in *"import ensurepip"*) exit 1 ;; esac
exec {sys.executable} "$@"
"""


def install(folder: Path, python: str) -> subprocess.CompletedProcess[str]:
    """Run a copy of the script in an empty folder, so that it creates no environment in this one."""
    (folder / "scripts").mkdir()
    (folder / "requirements").mkdir()
    shutil.copy(ROOT / "scripts" / "install", folder / "scripts")
    (folder / "requirements" / "base.txt").touch()
    return subprocess.run(
        [folder / "scripts" / "install", "base"],
        env={"PATH": "/usr/bin:/bin", "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_python_without_ensurepip_is_reported_with_the_package_to_install(tmp_path: Path):
    python = tmp_path / "python3"
    python.write_text(WITHOUT_ENSUREPIP)
    python.chmod(0o755)

    result = install(tmp_path, str(python))

    assert result.returncode == 1
    assert "apt-get install python3-venv" in result.stderr
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize("python", ["/nonexistent/python3", "/bin/false"])
def test_an_unusable_python_is_reported(tmp_path: Path, python: str):
    result = install(tmp_path, python)

    assert result.returncode == 1
    assert f"PYTHON={python} does not work" in result.stderr
