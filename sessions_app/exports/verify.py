"""Verifier of a Dubbing Sessions export: compares SHA-256 with its manifest.

    python3 verify.py EXPORT.zip     checks an archive
    python3 .dubbing/verify.py       checks the folder that an archive was unpacked into

Needs Python 3.8 and nothing else. Exit status: 0 unchanged since the export, 1 differences, 2 the check failed.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import IO, Callable, Iterator

MANIFEST, VERIFIER = ".dubbing/manifest.json", ".dubbing/verify.py"


def find_problems(names: list[str], open_file: Callable[[str], IO[bytes]]) -> Iterator[str]:
    """Yield files that are missing, changed or were not exported; open ``names`` only."""
    with open_file(MANIFEST) as file:
        members = json.loads(file.read(1 << 26))["members"]
    present, expected = Counter(names), {member["path"]: member["sha256"] for member in members}
    yield from (f"{path}: is missing" for path in expected.keys() - present.keys())
    yield from (f"{name}: was not exported" for name in present - Counter({MANIFEST, VERIFIER, *expected}))
    for path in expected.keys() & present.keys():
        digest = hashlib.sha256()
        try:
            with open_file(path) as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
            if digest.hexdigest() != expected[path]:
                yield f"{path}: is not the file that was exported"
        except Exception as error:  # zipfile raises many kinds for a damaged archive.
            yield f"{path}: cannot be read ({error})"


def check_export(target: Path) -> list[str]:
    if target.is_dir():
        files = (path for path in target.rglob("*") if path.is_file() and not path.is_symlink())
        names = [file.relative_to(target).as_posix() for file in files]
        return sorted(find_problems(names, lambda name: (target / name).open("rb")))
    with zipfile.ZipFile(target) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        return sorted(find_problems(names, archive.open))


if __name__ == "__main__":
    target = Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).resolve().parents[1]
    sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # always a text file here
    try:
        problems = check_export(target)
    except Exception as error:
        print(f"{target} cannot be checked: {error!r}", file=sys.stderr)
        sys.exit(2)
    print("\n".join(problems) or f"{target}: all files are unchanged since the export.")
    sys.exit(1 if problems else 0)
