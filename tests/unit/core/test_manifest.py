from __future__ import annotations

from dataclasses import replace

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import LabelAuthor, Role
from dubbing_core.manifest import Manifest, ManifestEntry, diff_manifests, project_entries
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
    one = manifest.entries[0]
    for changed in [
        replace(one, path="audio/b.wav"),
        replace(one, sha256="b" * 64),
        replace(one, language="hi"),
        replace(one, category=Category.OTHER),
        replace(one, role=Role.SEGMENT),
        replace(one, labeled_by=LabelAuthor.PERSON),
        replace(one, is_executable=True),
    ]:
        assert Manifest.from_entries([changed]).compute_fingerprint(document) != fingerprint


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
