from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.manifest import Manifest, ManifestEntry, build_facts, diff_manifests, project_entries
from dubbing_core.paths import PathError


def entry(path, content="a", category=Category.AUDIO, language=""):
    return ManifestEntry(
        path=path, sha256=content * 64, size=5, crc32=0xBEEF, category=category, language=language
    )


def test_entries_are_sorted_by_path():
    one, two = entry("audio/a.wav"), entry("audio/b.wav")

    assert (
        Manifest.from_entries([two, one])
        == Manifest.from_entries(iter([one, two]))
        == Manifest(entries=(one, two))
    )
    assert Manifest.from_entries([one, two]).total_size == 10
    assert Manifest.from_entries([]).total_size == 0


def test_colliding_entries_are_refused():
    with pytest.raises(PathError):
        Manifest.from_entries([entry("audio/a.wav"), entry("audio/a.wav/b", "b")])
    with pytest.raises(PathError):
        Manifest.from_entries([entry("audio/a.wav"), entry("audio/a.wav", "b")])


def test_names_that_some_system_distinguishes_are_different_files():
    assert len(Manifest.from_entries([entry("audio/a.wav"), entry("audio/A.wav", "b")]).entries) == 2


def test_the_sessions_own_metadata_is_no_file_of_the_project():
    own = replace(entry("metadata.json", "b", Category.OTHER), role=Role.SESSION_METADATA)
    manifest, without = Manifest.from_entries([entry("a.wav"), own]), Manifest.from_entries([entry("a.wav")])

    assert (manifest.files, manifest.total_size) == (without.entries, 5)
    assert manifest.compute_fingerprint({}) == without.compute_fingerprint({})
    assert [placed.path for placed in project_entries(manifest.entries)] == ["audio/a.wav"]


def test_only_folders_without_files_are_empty():
    folders = ["a", "a/b", "c", "d", "d/e", "x.wav", "x.wav/y"]
    manifest = Manifest.from_entries([entry("a/1.wav"), entry("x.wav")], empty_folders=folders)

    assert manifest.empty_folders == ("a/b", "c", "d/e")
    assert manifest.compute_fingerprint({}) != replace(manifest, empty_folders=()).compute_fingerprint({})


def test_a_touched_file_is_no_change_but_an_executable_one_is():
    old = Manifest.from_entries([entry("a.wav")])
    touched = Manifest.from_entries([replace(entry("a.wav"), mtime_ns=5)])
    executable = Manifest.from_entries([replace(entry("a.wav"), is_executable=True)])

    assert not diff_manifests(old, touched)
    assert touched.compute_fingerprint({}) == old.compute_fingerprint({})
    assert diff_manifests(old, executable).changed == executable.entries


def test_the_fingerprint_depends_on_contents_but_not_on_timestamps():
    manifest = Manifest.from_entries([entry("audio/a.wav")])
    document = {"video_name": "talk.mp4", "created_at": "x", "session_metadata": {"a": 1, "b": "ह"}}
    fingerprint = manifest.compute_fingerprint(document)

    assert len(fingerprint) == 64
    assert manifest.compute_fingerprint({**document, "created_at": "y", "last_accessed": "z"}) == fingerprint
    assert manifest.compute_fingerprint(dict(reversed(document.items()))) == fingerprint
    assert manifest.compute_fingerprint({**document, "video_name": "other.mp4"}) != fingerprint


def test_the_fingerprint_is_that_of_the_canonical_json():
    """Fingerprints are stored with versions: another way to write them must lead to the same ones."""
    facts = {"language": "zh-Hant", "role": Role.SEGMENT, "labeled_by": LabelAuthor.PERSON}
    manifest = Manifest.from_entries(
        [
            entry('quote " and \\ back.wav'),
            replace(entry("हिन्दी/\U0001f600.wav", "b"), is_executable=True, **facts),
            replace(entry("z.wav", "c"), crc32=0xFFFFFFFF, size=2**40, labeled_by=LabelAuthor.PERSON),
        ],
        empty_folders=["ü"],
    )
    document = {"b": [1, None, True, 0.5], "a": {"y": "ह", "x": {}}, "created_at": "now"}
    rows = [
        {
            "path": each.path,
            "sha256": each.sha256,
            "size": each.size,
            "crc32": f"{each.crc32:08x}",
            "category": each.category.value,
            "language": each.language,
            **build_facts(each),
        }
        for each in manifest.entries
    ]
    value = {
        "entries": rows,
        "metadata": {"b": document["b"], "a": document["a"]},
        "empty_folders": ["ü"],
    }
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))

    assert manifest.compute_fingerprint(document) == hashlib.sha256(canonical.encode()).hexdigest()
    assert '"executable":true' in canonical


@pytest.mark.parametrize(
    "change",
    [
        {"path": "audio/b.wav"},
        {"sha256": "b" * 64},
        {"language": "hi"},
        {"category": Category.OTHER},
        {"role": Role.SEGMENT},
        {"labeled_by": LabelAuthor.PERSON},
        {"is_executable": True},
    ],
)
def test_each_fact_of_an_entry_changes_the_fingerprint(change):
    one = entry("audio/a.wav")
    assert Manifest.from_entries([replace(one, **change)]).compute_fingerprint({}) != Manifest.from_entries(
        [one]
    ).compute_fingerprint({})


def test_a_diff_lists_added_removed_and_changed_entries():
    same, removed = entry("audio/same.wav"), entry("audio/removed.wav")
    old, new, fresh = entry("audio/new.wav"), entry("audio/new.wav", "b"), entry("audio/fresh.wav")
    retagged = replace(removed, language="hi")

    changes = diff_manifests(
        Manifest.from_entries([same, removed, old]), Manifest.from_entries([same, new, fresh])
    )

    assert (changes.added, changes.removed, changes.changed) == ((fresh,), (removed,), (new,))
    assert changes
    assert diff_manifests(Manifest.from_entries([removed]), Manifest.from_entries([retagged])).changed == (
        retagged,
    )
    assert not diff_manifests(Manifest.from_entries([same]), Manifest.from_entries([same]))
