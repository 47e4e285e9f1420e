from __future__ import annotations

import json

import pytest

from dubbing_core.session_folders import FoundSessions, find_sessions

SEED = json.dumps({"session_name": "talk", "video_name": "talk.mp4"})
OTHER = json.dumps({"video_id": "a1", "speakers": [], "utterances": []})


def find(*paths: str) -> FoundSessions:
    """Find the sessions among files, whose names end with their contents after “=”."""
    files = dict(path.partition("=")[::2] for path in paths)

    def read(path: str) -> tuple[bytes, int]:
        data = {"": SEED, "other": OTHER, "damaged": SEED[:20]}[files[path]].encode()
        return data, len(data)

    return find_sessions(files, read)


@pytest.mark.parametrize(
    ("paths", "sessions", "left_out", "other_folders"),
    [
        (["metadata.json", "audio/a.wav"], [""], [], []),
        (["talk/metadata.json", "talk/audio/a.wav"], ["talk/"], [], []),
        (["sessions/talk/metadata.json", "sessions/talk/a.wav"], ["sessions/talk/"], [], []),
        (["backup/sessions/talk/metadata.json"], ["backup/sessions/talk/"], [], []),
        (
            ["sessions/a/metadata.json", "sessions/b/metadata.json", "sessions/.gitkeep"],
            ["sessions/a/", "sessions/b/"],
            ["sessions/.gitkeep"],
            [],
        ),
        (
            ["sessions/talk/metadata.json", "sessions/broken/audio/x.wav", "sessions/broken/y.wav"],
            ["sessions/talk/"],
            ["sessions/broken/audio/x.wav", "sessions/broken/y.wav"],
            ["sessions/broken/"],
        ),
        (["README.txt", "talk/metadata.json"], ["talk/"], ["README.txt"], []),
        (["sessions/audio/metadata.json", "sessions/audio/audio/a.wav"], ["sessions/audio/"], [], []),
        (["audio/metadata.json", "audio/a.wav"], ["audio/"], [], []),
        (
            ["a/metadata.json", "docs/x/1.txt", "docs/2.txt"],
            ["a/"],
            ["docs/2.txt", "docs/x/1.txt"],
            ["docs/"],
        ),
        (["metadata.json", "other/old/metadata.json"], [""], [], []),
        (["a/metadata.json=damaged", "b/metadata.json"], ["a/", "b/"], [], []),
        (["a/metadata.json", "ariel/metadata.json=other"], ["a/"], ["ariel/metadata.json"], ["ariel/"]),
        (["__MACOSX/._talk", "talk/metadata.json", "talk/.DS_Store"], ["talk/"], [], []),
        (["talk/.dubbing/manifest.json", "talk/a.wav", "x.txt"], ["talk/"], ["x.txt"], []),
        ([".dubbing/manifest.json", "sub/metadata.json"], [""], [], []),
        (["metadata.json=other", "a.wav"], [], [], []),
        (["a.wav", "b/c.wav"], [], [], []),
        ([], [], [], []),
    ],
)
def test_each_folder_with_a_sessions_metadata_is_a_session(paths, sessions, left_out, other_folders):
    found = find(*paths)

    assert [session.folder for session in found.sessions] == sessions
    assert list(found.left_out) == left_out
    assert list(found.other_folders) == other_folders


def test_damaged_metadata_is_reported():
    (session,) = find("a/metadata.json=damaged").sessions

    assert session.metadata is not None
    assert session.metadata.warnings


def test_the_metadata_of_another_tool_in_an_export_is_a_file():
    (session,) = find(".dubbing/manifest.json", "metadata.json=other").sessions

    assert session.metadata is None
