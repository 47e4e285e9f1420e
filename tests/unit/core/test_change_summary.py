"""What a save changes, counted and in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dubbing_core.categories import Category
from dubbing_core.change_summary import (
    ChangeKind,
    ChangeSummary,
    summarize_files,
    summarize_manifests,
)
from dubbing_core.labels import Role
from dubbing_core.manifest import Manifest, ManifestEntry


def build_entry(path: str, content: str = "a", *, size: int = 10) -> ManifestEntry:
    return ManifestEntry(path=path, sha256=content * 64, size=size, crc32=1, category=Category.OTHER)


def build_manifest(*entries: ManifestEntry) -> Manifest:
    return Manifest.from_entries(entries)


def describe(**files: list[str]) -> str:
    sized = {ChangeKind(kind): [(path, 1) for path in paths] for kind, paths in files.items()}
    return summarize_files(sized).words


def test_a_summary_counts_files_and_bytes_of_each_kind():
    same = build_entry("same.wav")
    relabeled = build_entry("talk.mp4")
    old = build_manifest(same, relabeled, build_entry("hi.wav", "b"), build_entry("removed.wav", size=7))
    new = build_manifest(
        same,
        replace(relabeled, category=Category.ORIGINAL_VIDEO, role=Role.SOURCE),
        build_entry("hi.wav", "c", size=30),
        build_entry("es.wav", "d", size=5),
    )

    summary = summarize_manifests(old, new)

    assert {kind: (group.count, group.size, group.paths) for kind, group in summary.groups.items()} == {
        ChangeKind.NEW: (1, 5, ("es.wav",)),
        ChangeKind.CHANGED: (1, 30, ("hi.wav",)),
        ChangeKind.RELABELED: (1, 10, ("talk.mp4",)),
        ChangeKind.REMOVED: (1, 7, ("removed.wav",)),
    }
    assert summary.words == "1 new: es.wav; 1 changed: hi.wav; 1 relabeled: talk.mp4; 1 removed"
    assert ChangeSummary.from_dict(summary.as_dict()) == summary


def test_a_change_of_the_executable_bit_alone_has_its_own_words():
    script, tool, moved = (build_entry(path) for path in ("a.sh", "b.sh", "c.sh"))
    tool = replace(tool, is_executable=True)
    old = build_manifest(script, tool, moved)
    new = build_manifest(
        replace(script, is_executable=True),
        replace(tool, is_executable=False),
        replace(moved, is_executable=True, category=Category.AUDIO),
    )

    summary = summarize_manifests(old, new)

    assert summary.words == "1 relabeled: c.sh; 1 made executable: a.sh; 1 no longer executable: b.sh"
    assert ChangeSummary.from_dict(summary.as_dict()) == summary


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "No file changed"),
        (
            {"changed": ["translations/hi.srt", "audio/hi.wav"], "removed": ["x.wav"]},
            "2 changed: audio/hi.wav, translations/hi.srt; 1 removed",
        ),
        ({"removed": ["b.wav", "a.wav"]}, "2 removed: a.wav, b.wav"),
        ({"new": ["a", "b", "c"]}, "3 new: a, b, c"),
        ({"new": ["a", "b", "c", "d"]}, "4 new: a, b and 2 more"),
        ({"new": [f"{number:04}" for number in range(1200)]}, "1,200 new: 0000, 0001 and 1,198 more"),
        ({"changed": ["a\u202eb"]}, "1 changed: a⟦U+202E⟧b"),
    ],
)
def test_words(files: dict[str, list[str]], words: str):
    assert describe(**files) == words


def test_a_summary_keeps_the_first_paths():
    summary = summarize_files({ChangeKind.NEW: [(f"{number:03}.wav", 1) for number in reversed(range(600))]})

    group = summary.groups[ChangeKind.NEW]
    assert (group.count, group.size) == (600, 600)
    assert group.paths == tuple(f"{number:03}.wav" for number in range(10))


def test_the_own_metadata_document_is_no_file():
    nothing, file = build_manifest(), build_manifest(build_entry("metadata.json"))
    document = build_manifest(replace(build_entry("metadata.json", "b"), role=Role.SESSION_METADATA))

    assert summarize_manifests(nothing, document).words == "No file changed"
    assert summarize_manifests(document, nothing).words == "No file changed"
    assert summarize_manifests(document, file).words == "1 new: metadata.json"
    assert summarize_manifests(file, document).words == "1 removed: metadata.json"
