"""Check every file of a Dubbing Sessions export against the SHA-256 in its manifest.

    python3 verify.py EXPORT.zip     checks an archive
    python3 .dubbing/verify.py       checks the folder that an archive was unpacked into

Needs Python 3.8 or newer and nothing else. Exit status: 0 everything is as it was exported, 1 something is not,
2 it cannot be told.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO

MANIFEST = ".dubbing/manifest.json"
CHUNK = 1024 * 1024
UNCHECKABLE = (OSError, KeyError, TypeError, ValueError, zipfile.BadZipFile)


def digest(file: IO[bytes]) -> tuple[int, str]:
    """Return the size and SHA-256 of an open file."""
    sha256, size = hashlib.sha256(), 0
    for chunk in iter(lambda: file.read(CHUNK), b""):
        sha256.update(chunk)
        size += len(chunk)
    return size, sha256.hexdigest()


def problems(names: Iterable[str] | None, open_file: Callable[[str], IO[bytes]]) -> Iterator[str]:
    """Yield a sentence for each member that is missing, differs, or was never exported (``names`` is None: not asked)."""
    with open_file(MANIFEST) as file:
        members = json.load(file)["members"]
    for member in members:
        try:
            with open_file(member["path"]) as file:
                found = digest(file)
        except (KeyError, FileNotFoundError):
            yield f"{member['path']}: is missing"
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            yield f"{member['path']}: cannot be read ({error})"
        else:
            if found != (member["size"], member["sha256"]):
                yield f"{member['path']}: is not the file that was exported"
    known = {member["path"] for member in members}
    for name in sorted(set(names or ()) - known):
        if not name.endswith("/") and not name.startswith(".dubbing/"):
            yield f"{name}: was not exported"


def problems_in(target: Path) -> list[str]:
    """Check an archive, or the folder that one was unpacked into."""
    if target.is_dir():
        return list(problems(None, lambda name: (target / name).open("rb")))
    with zipfile.ZipFile(target) as archive:
        return list(problems(archive.namelist(), archive.open))


def main(arguments: list[str]) -> int:
    target = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    try:
        found = problems_in(target)
    except UNCHECKABLE as error:
        print(f"{target} cannot be checked: {error}", file=sys.stderr)
        return 2
    print("\n".join(found) if found else f"{target}: everything is as it was exported.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
