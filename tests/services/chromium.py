"""Find a Chromium, or unpack one that needs no root: python -m tests.services.chromium [--unpack]

Order: ``CHROMIUM`` in the environment, PATH, Playwright's own, and the headless build in the npm package @sparticuz/chromium,
which requirements/chromium pins by hash and which contains the libraries and a font that a bare machine lacks.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import brotli
from playwright.sync_api import sync_playwright

from tests.services.processes import ROOT
from tests.services.waits import LIMIT

NAMES = (
    "chromium-headless-shell",
    "chrome-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
"""The headless build first: it takes half of the CPU of the full one."""
PACKAGE = ROOT / "requirements" / "chromium" / "node_modules" / "@sparticuz" / "chromium"
UNPACKED = ROOT / ".build" / "chromium"
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir prefix="relative">fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
"""
"""Replaces the package's own file, which names folders of AWS Lambda."""


@dataclass(frozen=True)
class Chromium:
    program: Path
    environment: dict[str, str] = field(default_factory=dict)
    """Variables it needs in addition to ours."""

    def version(self) -> str:
        """Return the output of ``--version``.

        :raises OSError, subprocess.SubprocessError: if it cannot run here.
        """
        completed = subprocess.run(
            [self.program, "--version"],
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=True,
        )
        return completed.stdout.strip()

    @property
    def is_usable(self) -> bool:
        try:
            return bool(self.version())
        except (OSError, subprocess.SubprocessError):
            return False


def from_environment() -> Chromium | None:
    program = os.environ.get("CHROMIUM")
    return Chromium(Path(program)) if program else None


def from_path() -> Chromium | None:
    found = next(filter(None, map(shutil.which, NAMES)), None)
    return Chromium(Path(found)) if found else None


def from_playwright() -> Chromium | None:
    with sync_playwright() as playwright:
        program = Path(playwright.chromium.executable_path)
    if program.exists():
        return Chromium(program)
    # Only the headless shell, as `playwright install --only-shell` installs it.
    shells = program.parents[2].glob("chromium_headless_shell-*/*/*headless*shell")
    return next((Chromium(shell) for shell in sorted(shells, reverse=True)), None)


def from_package() -> Chromium | None:
    program = UNPACKED / "chromium"
    if not program.exists():
        return None
    fonts = {"FONTCONFIG_FILE": str(UNPACKED / "fonts.conf")}
    found = Chromium(program, fonts)
    # A bare machine has no NSS; where it exists, it fits the machine's C library better than the package's.
    return (
        found if found.is_usable else Chromium(program, {**fonts, "LD_LIBRARY_PATH": str(UNPACKED / "lib")})
    )


def find() -> Chromium | None:
    """Return the first usable Chromium; if the environment names one, only that."""
    if chromium := from_environment():
        return chromium if chromium.is_usable else None
    for search in (from_path, from_playwright, from_package):
        found = search()
        if found and found.is_usable:
            return found
    return None


def unpack(package: Path = PACKAGE, target: Path = UNPACKED) -> None:
    """Unpack the npm package into a folder beside ``target``, then move it there."""
    draft = target.with_name(f"{target.name}.{os.getpid()}")
    draft.mkdir(parents=True)
    try:
        program = draft / "chromium"
        program.write_bytes(brotli.decompress((package / "bin" / "chromium.br").read_bytes()))
        program.chmod(0o755)
        for name in ("al2023", "fonts"):
            archive = io.BytesIO(brotli.decompress((package / "bin" / f"{name}.tar.br").read_bytes()))
            with tarfile.open(fileobj=archive) as tar:
                # Recommended by the tarfile documentation for Python older than 3.11.4.
                tar.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)
                tar.extractall(draft)
        (draft / "fonts.conf").write_text(FONTS, encoding="utf-8")
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def main(arguments: list[str]) -> int:
    if arguments == ["--unpack"]:
        unpack()
    found = find()
    print(f"Browser: {found.program}, {found.version()}" if found else "Browser: none found")  # noqa: T201 - a command
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
