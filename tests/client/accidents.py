"""`dubs` as people run it, in a process of its own that can be killed; and a folder that is large enough for that."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.services.processes import ROOT

DUBS = ROOT / ".build" / "client" / "bin" / "dubs"
TIMEOUT = 180.0
"""Seconds for what takes five: it may have to wait for a server that is being started, beside other tests."""
MIB = 1024 * 1024


class Dubs:
    """One person's client: its own home, one portal."""

    def __init__(self, home: Path, *, url: str, token: str) -> None:
        self.environment = {
            **os.environ,
            "DUBS_HOME": str(home),
            "DUBS_URL": url,
            "DUBS_TOKEN": token,
            "NO_COLOR": "1",
        }

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [DUBS, *map(str, arguments)],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: object) -> tuple[int, str]:
        """Return the exit status and all that was said."""
        process = self.start(*arguments)
        said, _ = process.communicate(timeout=TIMEOUT)
        return process.returncode, said

    def done(self, *arguments: object) -> str:
        status, said = self.run(*arguments)
        assert status == 0, said
        return said

    def killed(self, after: float, *arguments: object) -> bool:
        """Kill it so many seconds after it began; tell whether it had not ended by then."""
        process = self.start(*arguments)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate(timeout=TIMEOUT)
        return process.returncode == -signal.SIGKILL


def make_project(folder: Path, *, files: int, big: int, draw: random.Random) -> Path:
    """Make a pipeline's folder: a video of ``big`` bytes, voices of many lengths, texts, an empty file, names in other scripts."""
    contents = {
        "talk.mp4": draw.randbytes(big),
        "original_asr.json": b'{"text": "Hello."}',
        "translated.json": '{"hi": "नमस्ते"}'.encode(),
        "dubbed/हिन्दी.wav": draw.randbytes(9 * MIB),
        "dubbed/empty.wav": b"",
    }
    for number in range(files - len(contents)):
        contents[f"segments/{number % 7}/{number:04}.wav"] = draw.randbytes(draw.choice([60, 4_000, 20_000]))
    for path, data in contents.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 by path; what the portal itself adds is left out."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "metadata.json"
    }


def seconds_of(dubs: Dubs, *arguments: object) -> float:
    start = time.monotonic()
    dubs.done(*arguments)
    return time.monotonic() - start
