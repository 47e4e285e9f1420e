"""Reads a session's ZIP with trust in nobody."""

from __future__ import annotations

import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dubbing_client.dropin.document import FOLDERS, METADATA
from dubbing_client.dropin.errors import SessionError
from dubbing_client.dropin.session_store import CHUNK_SIZE, ProgressCounter

FILE_LIMIT = 100_000
PRIVATE = ".dubbing/"
"""What an export of the portal says about itself. It is no longer true once the session is saved again."""
DRIVE = re.compile(r"[A-Za-z]:")
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
"""What the standard library raises for archives that cannot be read."""


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """:raises SessionError: there is no ZIP, or it turns out to be damaged inside of the block."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except FileNotFoundError:
        raise SessionError(f"There is no file “{path}”.") from None
    except DAMAGED as error:
        raise SessionError(f"“{path.name}” is damaged, or no ZIP: {error}.") from error


def members(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """A session's files by their paths in its tree.

    :raises SessionError: a name leads out of the session, a member is a link, encrypted, or there twice; or this is no session.
    """
    listed = archive.infolist()
    if len(listed) > FILE_LIMIT:
        raise SessionError(f"It holds more than {FILE_LIMIT} files. No session does.")
    found: dict[str, zipfile.ZipInfo] = {}
    taken: set[str] = set()
    for info in listed:
        if info.is_dir():
            continue
        _check(info)
        folded = unicodedata.normalize("NFC", info.filename).casefold()
        if folded in taken:
            raise SessionError(f"It holds “{_printable(info.filename)}” twice.")
        taken.add(folded)
        found[info.filename] = info
    inside = _unwrapped(found)
    for path in inside:
        parents = path.split("/")[:-1]
        if any("/".join(parents[: depth + 1]) in inside for depth in range(len(parents))):
            raise SessionError(f"In it, “{_printable(path)}” lies in a file.")
    return {path: info for path, info in inside.items() if not path.startswith(PRIVATE)}


def extract(archive: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, counter: ProgressCounter) -> None:
    """Write one member; its CRC-32 and size are what the archive says, or a ``BadZipFile`` is raised."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(info) as reading, target.open("xb") as writing:
        for chunk in iter(lambda: reading.read(CHUNK_SIZE), b""):
            written += len(chunk)
            if written > info.file_size:
                raise zipfile.BadZipFile(f"{info.filename!r} is larger than announced")
            writing.write(chunk)
            counter.add(len(chunk))
    if written != info.file_size:
        raise zipfile.BadZipFile(f"{info.filename!r} is shorter than announced")


def _unwrapped(found: dict[str, zipfile.ZipInfo]) -> dict[str, zipfile.ZipInfo]:
    """Without the one folder around everything, as some programs put it there."""
    if METADATA in found:
        return found
    heads = {path.partition("/")[0] for path in found}
    sessions = sorted(head for head in heads if f"{head}/{METADATA}" in found and head not in FOLDERS)
    if len(heads) == 1 and sessions:
        return {path.partition("/")[2]: info for path, info in found.items()}
    if sessions or f"sessions/{METADATA}" in found:
        raise SessionError("It holds several sessions. Unpack it, and import each of them by itself.")
    raise SessionError("It holds no session: there is no metadata.json in it.")


def _check(info: zipfile.ZipInfo) -> None:
    # The raw name: the library has cut what followed a NUL from the other.
    name, raw = info.filename, info.orig_filename
    parts: list[str] = name.split("/")
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in raw):
        raise SessionError(f"“{_printable(raw)}” contains a control character.")
    if "\\" in raw or name.startswith("/") or DRIVE.match(name) or not {"", ".", ".."}.isdisjoint(parts):
        raise SessionError(f"“{_printable(raw)}” leads out of the session. Such an archive is not opened.")
    mode = info.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in {0, stat.S_IFREG}:
        raise SessionError(f"“{_printable(name)}” is a link or a device. Such an archive is not opened.")
    if info.flag_bits & 0x1:
        raise SessionError(f"“{_printable(name)}” is encrypted. Make a ZIP without a password.")


def _printable(name: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in name)[:120]
