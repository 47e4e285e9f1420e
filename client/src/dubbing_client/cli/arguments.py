"""What commands take, from text to a value."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path

from dubbing_client.errors import FolderError
from dubbing_client.folder import Folder


def number(text: str) -> int:
    """A version's: 3, or v3."""
    version = int(text.lstrip("v"))
    if version < 1:
        raise ArgumentTypeError("versions are numbered from 1")
    return version


def seconds(text: str) -> float:
    count = float(text)
    if not 0 <= count < float("inf"):
        raise ArgumentTypeError("must be 0 or more")
    return count


def names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def existing(path: Path) -> Folder:
    if not path.is_dir():
        raise FolderError(f"{path} is no folder.")
    return Folder(path)
