"""All works of the benchmark run, on one second of media. No durations are asserted."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.services.folders import in_memory, temporary_folder
from tests.services.processes import ROOT

pytestmark = [pytest.mark.large, pytest.mark.slow]

WORKS = "save,re-save,export,filesystems,import,loads,memory"
"""All works except those over the network, which test_works.py runs."""
QUICK = ("7z", "cp", "mkfs.btrfs", "mkfs.xfs", "mount", "umount", "zip")
"""Programs to compare with. Backup programs are left out: their key derivation is deliberately slow."""


def bench(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bench", "--folder", folder, "--seconds", 1, "--rounds", 1, *arguments]
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, capture_output=True, text=True, timeout=600, check=False
    )


@pytest.fixture(autouse=True)
def quick_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in QUICK:
        if program := shutil.which(name):
            (folder / name).symlink_to(program)
    monkeypatch.setenv("PATH", str(folder))


def test_every_work_runs_and_is_reported(tmp_path: Path):
    with temporary_folder("bench", parent=in_memory()) as folder:
        done = bench(folder, "--only", WORKS, "--json", tmp_path / "rows.json")

        assert (done.returncode, done.stderr) == (0, "")
        assert [path.name for path in folder.iterdir()] == ["session-1s"]
    assert "Not installed, so not compared: " in done.stdout
    rows = json.loads((tmp_path / "rows.json").read_text())
    races = {row["work"]: row for row in rows if "ratio" in row}
    sizes = {(row["work"], row["unit"]) for row in rows if "value" in row}
    assert {"save", "re-save", "export", "import stored", "import deflated", "load"} <= set(races)
    assert set(races["save"]) == {"work", "against", "ratio", "rounds", "ours_s", "peer_s"}
    assert {("export", "MiB"), ("export", "MB")} <= sizes
    for row in rows:
        assert f"{row['work']:26} {row['against']:26} " in done.stdout


def test_an_unknown_work_is_an_error(tmp_path: Path):
    done = bench(tmp_path, "--only", "exprot")
    assert (done.returncode, done.stderr) == (1, "There is no work or group called exprot.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["bin"]
