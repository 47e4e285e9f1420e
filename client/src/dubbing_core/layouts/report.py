"""Report of a recognition, which `classify` prints as JSON or as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dubbing_core.layouts.folder_index import ReadSmallFile
from dubbing_core.layouts.recognizers import recognize

TITLES = ("Path", "Category", "Language", "Role")
NO_FILES = {"tool": "", "evidence": [], "questions": [], "files": []}
EVIDENCE_SHOWN = 3


def build_report(paths: Iterable[str], read_small_file: ReadSmallFile) -> dict[str, Any]:
    """Return the tool, the evidence, questions and a label for every file, as JSON."""
    recognition = recognize(paths, read_small_file)
    return NO_FILES if recognition is None else recognition.to_json()


def list_rows(report: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """Return a row for each file, in the order of TITLES."""
    return [(file["path"], file["category"], file["language"], file["role"]) for file in report["files"]]


def summarize(report: Mapping[str, Any]) -> list[str]:
    """Return the sentences above the table."""
    if not report["files"]:
        return ["The folder has no files."]
    counts = Counter(file["category"] for file in report["files"])
    evidence = ", ".join(report["evidence"][:EVIDENCE_SHOWN])
    lines = [
        f"Tool: {report['tool']}" + (f" ({evidence})" if evidence else ""),
        "Files: " + ", ".join(f"{count} {category}" for category, count in sorted(counts.items())),
    ]
    if report["languages"]:
        lines.append(f"Languages: {', '.join(report['languages'])}")
    lines += [f"Voice of {key}: {voice}" for key, voice in report["voices"].items()]
    for question in report["questions"]:
        choices = f" ({', '.join(question['choices'])})" if question["choices"] else ""
        lines.append(f"Question: {question['text']}{choices}")
    return lines
