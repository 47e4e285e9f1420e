from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def test_the_originals_documented_usage_works_on_a_local_folder(tmp_path):
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DUBS_")}
    done = subprocess.run(
        [sys.executable, "-W", "error", HERE / "original_usage.py"],
        cwd=tmp_path,
        env={**environment, "DUBS_HOME": str(tmp_path / "home"), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    output = re.sub(r"\d{8}_\d{6}", "<time>", done.stdout)
    assert output.splitlines() == (HERE / "original_usage.txt").read_text(encoding="utf-8").splitlines()
    (session,) = (tmp_path / "project" / "sessions").glob("company_presentation_*")
    assert (session / "metadata.json").is_file()
