from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

import pytest

from dubbing_core.file_system_rules import find_rules
from dubbing_core.name_mapping import LINUX, MACOS, WINDOWS, NameRules, map_paths, needs_mapping


def create_on(
    *, refuses: str = "", strips: str = "", fold: Callable[[str], str] = str
) -> Callable[[Sequence[str]], list[str]]:
    """Return what creates files on a file system with these rules."""

    def create_files(names: Sequence[str]) -> list[str]:
        found = {fold(name): name.rstrip(strips) if strips else name for name in reversed(names)}
        return [name for name in found.values() if not set(name) & set(refuses)]

    return create_files


def compose(name: str) -> str:
    return unicodedata.normalize("NFC", name)


EXFAT = create_on(refuses='<>:"|?*\\\x01', fold=str.lower)
VFAT = create_on(refuses='<>:"|?*\\\x01', strips=". ", fold=str.lower)
APFS = create_on(fold=lambda name: compose(name).lower())
CASE_SENSITIVE_APFS = create_on(fold=compose)
NAMES = ["a:b.wav", "HI.wav", "hi.wav", "caf\u00e9.wav", "cafe\u0301.wav", "x. "]
COLON, CASE, COMPOSED, TRAILING = (
    ("a:b.wav", "a_b.wav"),
    ("hi.wav", "hi_2.wav"),
    ("caf\u00e9.wav", "caf\u00e9_2.wav"),
    ("x. ", "x__"),
)


@pytest.mark.parametrize(
    ("create_files", "system", "changed"),
    [
        (create_on(), LINUX, []),
        (EXFAT, LINUX, [COLON, CASE]),
        (VFAT, LINUX, [COLON, CASE, TRAILING]),
        (create_on(fold=str.lower), LINUX, [CASE]),
        (EXFAT, MACOS, [COLON, CASE]),
        (APFS, MACOS, [CASE, COMPOSED]),
        (CASE_SENSITIVE_APFS, MACOS, [COMPOSED]),
        (create_on(), WINDOWS, [COLON, TRAILING]),
    ],
)
def test_rules_are_those_of_the_file_system(create_files, system: NameRules, changed):
    names = map_paths(NAMES, find_rules(create_files, system))
    assert {path: name for path, name in names.items() if path != name} == dict(changed)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["a/b.wav", "A2/caf\u00e9.wav"], False),
        (["a/b:c.wav"], True),
        (["aux/b.wav"], True),
        (["a/HI.wav", "a/hi.wav"], True),
        (["Audio/1.wav", "audio/2.wav"], True),
        (["caf\u00e9/", "cafe\u0301/x"], True),
        (["a/HI.wav", "b/hi.wav"], False),
    ],
)
def test_names_that_all_systems_hold_need_no_probe(paths, expected):
    assert needs_mapping(paths) is expected
