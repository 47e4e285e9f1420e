from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sessions_app.exports import verify

FILES = {"metadata.json": b"{}", "audio/hi_audio.wav": b"wave" * 1000, "audio/आ.wav": b"x"}


def export(folder: Path, files: dict[str, bytes]) -> Path:
    """An archive whose manifest tells of FILES, whatever it holds."""
    members = [
        {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in FILES.items()
    ]
    path = folder / "talk_export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(verify.MANIFEST, json.dumps({"members": members}))
        archive.writestr(".dubbing/verify.py", Path(verify.__file__).read_bytes())
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def run(*arguments: object) -> tuple[int, str]:
    done = subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_an_archive_that_is_as_it_was_exported_passes(tmp_path: Path):
    code, said = run(verify.__file__, export(tmp_path, FILES))

    assert (code, said.strip().endswith("everything is as it was exported.")) == (0, True)


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {**FILES, "audio/hi_audio.wav": b"WAVE" * 1000},
            "audio/hi_audio.wav: is not the file that was exported",
        ),
        ({path: FILES[path] for path in ("metadata.json", "audio/आ.wav")}, "audio/hi_audio.wav: is missing"),
        ({**FILES, "audio/more.wav": b"?"}, "audio/more.wav: was not exported"),
    ],
)
def test_what_differs_is_named(tmp_path: Path, files: dict[str, bytes], problem: str):
    assert run(verify.__file__, export(tmp_path, files)) == (1, f"{problem}\n")


def test_a_flipped_bit_is_found(tmp_path: Path):
    path = export(tmp_path, FILES)
    data = bytearray(path.read_bytes())
    data[data.index(b"wavewave") + 3] ^= 1
    path.write_bytes(data)

    code, said = run(verify.__file__, path)

    assert code == 1
    assert said.startswith("audio/hi_audio.wav: cannot be read")


def test_the_unpacked_folder_proves_itself(tmp_path: Path):
    shutil.unpack_archive(export(tmp_path, FILES), tmp_path / "unpacked")
    verifier = tmp_path / "unpacked" / ".dubbing" / "verify.py"
    assert run(verifier)[0] == 0

    (tmp_path / "unpacked" / "audio" / "hi_audio.wav").unlink()

    assert run(verifier) == (1, "audio/hi_audio.wav: is missing\n")


@pytest.mark.parametrize("content", [b"", b"no archive at all"])
def test_what_is_no_export_cannot_be_checked(tmp_path: Path, content: bytes):
    path = tmp_path / "x.zip"
    path.write_bytes(content)

    assert run(verify.__file__, path)[0] == 2


def test_it_is_short_and_needs_nothing_of_ours():
    source = Path(verify.__file__).read_text(encoding="utf-8")

    assert "sessions_app" not in source
    assert len([line for line in source.splitlines() if line.strip()]) <= 65
