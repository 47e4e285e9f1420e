from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from dubbing_core.name_mapping import LINUX, MACOS, WINDOWS, ZIP, map_paths
from dubbing_core.paths import PathError, check_collisions, check_path, check_saved_path, check_tree
from dubbing_core.zips.layout import TextMember, plan_archive
from tests.unit.core.zips.blobs import MODIFIED, Blobs
from tests.unit.core.zips.sources import contents_of

NFC, NFD = "audio/café.wav", unicodedata.normalize("NFD", "audio/café.wav")
SAVED = [
    "seg/00:01:00.wav",
    "seg/00:02:00.wav",
    "notes./draft ",
    "aux.srt",
    "hi.wav",
    "HI.wav",
    NFC,
    NFD,
    "a\u202egpj.exe",
    "line\nbreak.txt",
    "back\\slash.txt",
    "…" * 85,
]
"""Names that some file system holds and another does not."""


@pytest.mark.parametrize(
    ("rules", "changed"),
    [
        (LINUX, {}),
        (MACOS, {"hi.wav": "hi_2.wav", NFC: "audio/café_2.wav"}),
        (
            WINDOWS,
            {
                "seg/00:01:00.wav": "seg/00_01_00.wav",
                "seg/00:02:00.wav": "seg/00_02_00.wav",
                "notes./draft ": "notes_/draft_",
                "aux.srt": "aux_.srt",
                "hi.wav": "hi_2.wav",
                "line\nbreak.txt": "line_break.txt",
                "back\\slash.txt": "back_slash.txt",
            },
        ),
        (
            ZIP,
            {
                "seg/00:01:00.wav": "seg/00_01_00.wav",
                "seg/00:02:00.wav": "seg/00_02_00.wav",
                "notes./draft ": "notes_/draft_",
                "aux.srt": "aux_.srt",
                "hi.wav": "hi_2.wav",
                NFC: "audio/café_2.wav",
                "line\nbreak.txt": "line_break.txt",
                "back\\slash.txt": "back_slash.txt",
            },
        ),
    ],
    ids=["Linux", "macOS", "Windows", "ZIP"],
)
def test_only_names_that_a_target_cannot_hold_are_mapped(rules, changed):
    for path in SAVED:
        check_saved_path(path)

    assert {path: name for path, name in map_paths(SAVED, rules).items() if path != name} == changed


def test_a_zip_holds_all_mapped_names():
    mapped = map_paths(SAVED, ZIP)
    members = [TextMember(name=mapped[path], data=path.encode(), modified=MODIFIED) for path in SAVED]

    found = contents_of(Blobs().bytes_of(plan_archive(members).segments))

    saved_names = {name: path for path, name in mapped.items()}
    assert {saved_names[name]: data.decode() for name, data in found.items()} == {
        path: path for path in SAVED
    }


@pytest.mark.parametrize(
    ("name", "mapped"),
    [
        ("...", "___"),
        ("NUL", "NUL_"),
        ("Com1 .tar.gz", "Com1 _.tar.gz"),
        ('a:b|c?d*e<f>g"h', "a_b_c_d_e_f_g_h"),
        ("C:", "C_"),
        ("\x85.txt", "_.txt"),
        ("a\u202e.txt", "a\u202e.txt"),
        (f"{'a' * 252}.wav", f"{'a' * 251}.wav"),
        ("😀" * 100 + ".wav", "😀" * 62 + ".wav"),
        ("e" * 250 + "e\u0301.wav", "e" * 250 + ".wav"),
        ("ह" * 90, "ह" * 85),
    ],
)  # fmt: skip
def test_a_mapped_name_is_the_most_similar_one(name, mapped):
    assert map_paths([name], ZIP) == {name: mapped}


def test_folders_that_a_target_treats_as_one_stay_apart_and_together():
    paths = ["Seg/1.wav", "seg/1.wav", "seg/2.wav", "SEG", "a:/x", "a?/x", "a_/x"]

    assert map_paths(paths, ZIP) == {
        "SEG": "SEG",
        "Seg/1.wav": "Seg_2/1.wav",
        "seg/1.wav": "seg_3/1.wav",
        "seg/2.wav": "seg_3/2.wav",
        "a_/x": "a_/x",
        "a:/x": "a__2/x",
        "a?/x": "a__3/x",
    }


def test_the_order_of_the_paths_does_not_matter():
    assert map_paths(SAVED[::-1], ZIP) == map_paths(SAVED, ZIP)


def test_empty_folders_are_mapped_as_folders():
    assert map_paths(["aux/", "Temp/", "temp/x"], ZIP) == {
        "aux/": "aux_/",
        "Temp/": "Temp/",
        "temp/x": "temp_2/x",
    }


def test_names_that_the_target_needs_are_left_free():
    paths = [".dubbing/manifest.json", "metadata.json", "sub/metadata.json"]

    assert map_paths(paths, ZIP, taken=[".dubbing", "METADATA.json"]) == {
        ".dubbing/manifest.json": ".dubbing_2/manifest.json",
        "metadata.json": "metadata_2.json",
        "sub/metadata.json": "sub/metadata.json",
    }


def test_paths_that_become_too_long_or_are_too_deep_move_into_one_folder():
    long = "/".join(["NUL"] * 255) + "/.x"
    check_saved_path(long)
    deep = "a/" * 101 + "b.wav"
    paths = [long, deep, "long_paths"]

    mapped = map_paths(paths, ZIP)

    assert mapped["long_paths"] == "long_paths"
    assert all(mapped[path].startswith("long_paths_2/") for path in (long, deep))
    assert mapped[deep].endswith("_b.wav")
    for name in mapped.values():
        check_path(name)
    check_collisions(mapped.values())


names = st.text(st.sampled_from("aA.: \\?é\u0301ß\n1"), min_size=1, max_size=4)
trees = st.lists(st.lists(names, min_size=1, max_size=3).map("/".join), max_size=12)


@given(trees)
def test_every_tree_is_mapped_to_names_that_a_zip_can_hold(paths):
    try:
        for path in paths:
            check_saved_path(path)
        check_tree(paths)
    except PathError:
        return

    mapped = map_paths(paths, ZIP)

    for name in mapped.values():
        check_path(name)
    check_collisions(mapped.values())
    assert map_paths(mapped.values(), ZIP) == {name: name for name in mapped.values()}
