"""Helpers for files in the current folder."""

from __future__ import annotations

from pathlib import Path


def write(path: str, content: bytes = b"content") -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
    return path


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def left_behind() -> list[str]:
    return [path.name for path in Path("sessions").glob(".*") if path.name != ".lock"]


class InterruptionError(OSError):
    """A simulated interruption."""
