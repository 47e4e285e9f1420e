"""Origins of files that were saved from several folders."""

from __future__ import annotations

from hypothesis import given, strategies as st

from dubbing_core.categories import classify_path
from dubbing_core.manifest import ManifestEntry
from dubbing_core.origins import resolve_origin_conflicts
from dubbing_core.paths import check_collisions


def entry(path: str, origin: str = "") -> ManifestEntry:
    return ManifestEntry(
        path=path, sha256="0" * 64, size=0, crc32=0, category=classify_path(path), origin=origin
    )


def load_paths(entries: list[ManifestEntry]) -> dict[str, str]:
    return {one.path: one.origin or one.path for one in entries}


def test_origins_of_one_folder_are_preserved():
    entries = [entry("audio/hi.wav", "hi.wav"), entry("original_video.mp4", "talk.mp4")]

    assert resolve_origin_conflicts(entries, newest=()) == entries


def test_the_newest_of_two_equal_origins_is_preserved():
    entries = [entry("audio/hi.wav", "hi.wav"), entry("audio/hi_2.wav", "hi.wav")]

    assert load_paths(resolve_origin_conflicts(entries, newest={"audio/hi_2.wav"})) == {
        "audio/hi.wav": "audio/hi.wav",
        "audio/hi_2.wav": "hi.wav",
    }


def test_origins_that_collide_with_a_session_path_are_dropped():
    entries = [entry("audio/hi.wav"), entry("other/x", "audio/hi.wav"), entry("other/y", "audio")]

    assert load_paths(resolve_origin_conflicts(entries, newest={"other/x", "other/y"})) == {
        "audio/hi.wav": "audio/hi.wav",
        "other/x": "other/x",
        "other/y": "other/y",
    }


NAMES = st.lists(st.sampled_from("abA"), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(NAMES, NAMES, max_size=8), st.sets(NAMES))
def test_resolved_origins_do_not_collide(origins: dict[str, str], newest: set[str]):
    entries = [entry(f"other/{number}", origin) for number, origin in enumerate(origins.values())]

    check_collisions(load_paths(resolve_origin_conflicts(entries, newest=newest)).values())
