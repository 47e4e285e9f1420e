"""The folder in which the web processes of a server count requests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.services.processes import ROOT

PRINT_FOLDER = "import os, dubbing_sessions.web_server; print(os.environ['PROMETHEUS_MULTIPROC_DIR'])"


def test_servers_of_one_parent_have_folders_of_their_own():
    environment = {key: value for key, value in os.environ.items() if key != "PROMETHEUS_MULTIPROC_DIR"}
    servers = [
        subprocess.Popen(
            [sys.executable, "-c", PRINT_FOLDER],
            cwd=ROOT,
            env={**environment, "METRICS_TOKEN": "token-for-a-test"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    folders = [Path(server.communicate(timeout=60)[0].strip()) for server in servers]

    assert [folder.name.rpartition("-")[2] for folder in folders] == [str(server.pid) for server in servers]
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
