from __future__ import annotations

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sessions_app.exports import verify

FILES = {
    "metadata.json": b"{}",
    "audio/hi_audio.wav": b"wave" * 1000,
    "audio/आ.wav": b"",
    ".dubbing/history.json": b"[]",
    ".dubbing/blobs/abc": b"an older take",
}


def manifest_of(files: dict[str, bytes]) -> str:
    members = [
        {"path": path, "size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in files.items()
    ]
    return json.dumps({"members": members})


def export(folder: Path, files: dict[str, bytes], *, manifest: str = "") -> Path:
    """Write an archive whose manifest lists FILES by default."""
    path = folder / "talk_export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(verify.MANIFEST, manifest or manifest_of(FILES))
        archive.writestr(".dubbing/verify.py", Path(verify.__file__).read_bytes())
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def unpack(archive: Path) -> Path:
    folder = archive.with_suffix("")
    shutil.unpack_archive(archive, folder)
    return folder


def without(*paths: str) -> dict[str, bytes]:
    return {path: data for path, data in FILES.items() if path not in paths}


def run(*arguments: object, encoding: str = "utf-8") -> tuple[int, str]:
    process = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        encoding=encoding,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )
    return process.returncode, process.stdout + process.stderr


def test_an_unchanged_archive_passes(tmp_path: Path):
    path = export(tmp_path, {**FILES, "audio/": b""})

    assert run(verify.__file__, path) == (0, f"{path}: all files are unchanged since the export.\n")


def test_an_unpacked_folder_passes(tmp_path: Path):
    folder = unpack(export(tmp_path, FILES))

    assert run(folder / ".dubbing/verify.py") == (0, f"{folder}: all files are unchanged since the export.\n")


@pytest.mark.parametrize("form", ["archive", "folder"])
@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (
            {**FILES, "audio/hi_audio.wav": b"WAVE" * 1000},
            "audio/hi_audio.wav: is not the file that was exported",
        ),
        ({**FILES, "audio/आ.wav": b"?"}, "audio/आ.wav: is not the file that was exported"),
        ({**FILES, ".dubbing/blobs/abc": b"?"}, ".dubbing/blobs/abc: is not the file that was exported"),
        (without("audio/hi_audio.wav"), "audio/hi_audio.wav: is missing"),
        (without(".dubbing/history.json"), ".dubbing/history.json: is missing"),
        ({**FILES, "audio/more.wav": b"?"}, "audio/more.wav: was not exported"),
        ({**FILES, ".dubbing/blobs/more": b"?"}, ".dubbing/blobs/more: was not exported"),
    ],
)
def test_differences_are_listed(tmp_path: Path, files: dict[str, bytes], problem: str, form: str):
    path = export(tmp_path, files)

    assert run(verify.__file__, unpack(path) if form == "folder" else path) == (1, f"{problem}\n")


def test_names_are_escaped_for_ascii_terminals(tmp_path: Path):
    path = export(tmp_path, without("audio/आ.wav"))

    assert run(verify.__file__, path, encoding="ascii") == (1, "audio/\\u0906.wav: is missing\n")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_duplicate_member_is_reported(tmp_path: Path):
    path = export(tmp_path, FILES)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("metadata.json", b"{}")

    assert run(verify.__file__, path) == (1, "metadata.json: was not exported\n")


def test_a_flipped_bit_is_reported(tmp_path: Path):
    path = export(tmp_path, FILES)
    data = bytearray(path.read_bytes())
    data[data.index(b"wavewave") + 3] ^= 1
    path.write_bytes(data)

    code, output = run(verify.__file__, path)

    assert code == 1
    assert output.startswith("audio/hi_audio.wav: cannot be read")


def test_a_forged_manifest_opens_nothing_outside_the_folder(tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_bytes(b"secret")
    paths = [
        "../outside/secret.txt",
        str(outside / "secret.txt"),
        "link.txt",
        "links/secret.txt",
        "pipe",
        "a\0b",
    ]
    folder = unpack(export(tmp_path, {}, manifest=manifest_of(dict.fromkeys(paths, b"secret"))))
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "links").symlink_to(outside)
    os.mkfifo(folder / "pipe")

    # An opened file would match the manifest, and reading the pipe would block.
    assert run(folder / ".dubbing/verify.py") == (
        1,
        "".join(f"{path}: is missing\n" for path in sorted(paths)),
    )


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_other_files_cannot_be_checked(tmp_path: Path, content: bytes):
    path = tmp_path / "x.zip"
    path.write_bytes(content)

    assert run(verify.__file__, path)[0] == 2
    assert run(verify.__file__, tmp_path)[0] == 2
    assert run(verify.__file__, tmp_path / "missing.zip")[0] == 2


@pytest.mark.parametrize(
    "manifest",
    ["nothing", "{}", "[]", "null", "[" * 100_000, '{"members": [1]}', '{"members": [{"path": [], "sha256": ""}]}'],
    ids=lambda manifest: manifest[:50],
)  # fmt: skip
def test_an_invalid_manifest_is_reported(tmp_path: Path, manifest: str):
    path = export(tmp_path, FILES, manifest=manifest)

    code, output = run(verify.__file__, path)

    assert code == 2
    assert output.startswith(f"{path} cannot be checked: ")
    assert output.count("\n") == 1


def test_the_script_is_short_and_needs_the_standard_library_only():
    source = Path(verify.__file__).read_text(encoding="utf-8")

    tree = ast.parse(source, feature_version=(3, 8))
    imported = {
        name
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported <= sys.stdlib_module_names
    assert len(source.splitlines()) <= 60
