"""Count banned words: python -m tests.language [--list] [PATH ...]

Prints the number of hits per file, then the banned words per 1,000 words of comments and docstrings.
"""

from __future__ import annotations

import argparse
import re

from tests.language.banned import GROUPS
from tests.language.words import ROOT, hits_in_file, hits_in_text, prose, tracked_files


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.language", description=__doc__)
    parser.add_argument("paths", nargs="*", help="files and folders; all tracked files without any")
    parser.add_argument("--list", action="store_true", help="print each hit with its replacement")
    options = parser.parse_args()
    prefixes = tuple(options.paths)
    files = [path for path in tracked_files() if not prefixes or path.startswith(prefixes)]
    hits = {path: found for path in files if (found := hits_in_file(path))}
    for path, found in sorted(hits.items(), key=lambda item: len(item[1])):
        print("\n".join(map(str, found)) if options.list else f"{len(found):5} {path}")
    print(f"{sum(map(len, hits.values())):5} hits in {len(hits)} of {len(files)} files")
    print(rates([path for path in files if path.endswith(".py") and "/migrations/" not in path]))


def rates(files: list[str]) -> str:
    """Return the share of banned words among the words of comments and docstrings."""
    text = "\n".join(part for path in files for part in prose((ROOT / path).read_text(encoding="utf-8")))
    words = len(re.findall(r"[A-Za-z']+", text)) or 1
    counts = {
        name: len(re.findall(rf"\b(?:{pattern})\b", text, re.IGNORECASE)) for name, pattern in GROUPS.items()
    }
    counts["all banned"] = sum(1 for _ in hits_in_text(text, ""))
    shares = ", ".join(f"{name} {1000 * count / words:.1f}" for name, count in counts.items())
    return f"Per 1,000 of the {words} words of comments and docstrings: {shares}"


if __name__ == "__main__":
    main()
