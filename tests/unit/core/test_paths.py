from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from dubbing_core.paths import (
    PathError,
    check_collisions,
    check_path,
    check_saved_path,
    check_tree,
    find_unrepresentable,
    fold_path,
    has_invisible_characters,
    list_for_message,
    normalize_path,
)


def code_of(call, *args) -> str:
    with pytest.raises(PathError) as caught:
        call(*args)
    assert str(caught.value).endswith(".")
    return caught.value.code


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("audio/hi_audio.wav", "audio/hi_audio.wav"),
        ("audio\\hi_audio.wav", "audio/hi_audio.wav"),
        ("./audio/x.wav", "audio/x.wav"),
        (".\\.\\x.wav", "x.wav"),
        ("audio/cafe\u0301.wav", "audio/caf\u00e9.wav"),
        ("हिंदी/आवाज़ 1.wav", unicodedata.normalize("NFC", "हिंदी/आवाज़ 1.wav")),
        (".env", ".env"),
        ("nullable/console.txt", "nullable/console.txt"),
        ("a" * 255, "a" * 255),
    ],
)
def test_paths_are_normalized(raw, cleaned):
    assert normalize_path(raw) == cleaned


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "path_empty"),
        ("./", "path_empty"),
        ("/etc/passwd", "path_absolute"),
        ("\\\\server\\share\\x", "path_absolute"),
        ("C:\\x.wav", "path_drive"),
        ("c:x.wav", "path_drive"),
        ("../x.wav", "path_parent"),
        ("audio/..", "path_parent"),
        ("audio\\..\\x.wav", "path_parent"),
        ("audio/./x.wav", "path_dot"),
        (".", "path_dot"),
        ("audio//x.wav", "path_empty_part"),
        ("audio/", "path_empty_part"),
        ("a\x00b", "path_control"),
        ("a\nb", "path_control"),
        ("a\x85b", "path_control"),
        ("a\x7fb", "path_control"),
        ("x.wav:stream", "path_colon"),
        ("NUL", "path_reserved"),
        ("audio/con.wav", "path_reserved"),
        ("audio/Com1 .tar.gz", "path_reserved"),
        ("LPT¹", "path_reserved"),
        ("x.wav.", "path_trailing"),
        ("audio /x.wav", "path_trailing"),
        ("...", "path_trailing"),
        ("\ud800.wav", "path_encoding"),
        ("ह" * 86, "path_part_too_long"),
        ("/".join(["a" * 200] * 6), "path_too_long"),
    ],
)
def test_unsafe_paths_are_refused_with_a_code(raw, code):
    assert code_of(normalize_path, raw) == code


def test_check_path_normalizes_nothing_and_refuses_backslashes():
    assert code_of(check_path, "audio\\x.wav") == "path_backslash"
    assert code_of(check_path, "\\x.wav") == "path_absolute"
    assert code_of(check_path, "./x.wav") == "path_dot"
    check_path("audio/cafe\u0301.wav")


def test_error_messages_escape_and_truncate_the_path():
    with pytest.raises(PathError) as caught:
        check_path("\x1b[31m" + "x" * 500)

    assert str(caught.value).startswith("“⟦U+001B⟧[31mxxx")
    assert len(str(caught.value)) < 250
    assert caught.value.path == "\x1b[31m" + "x" * 500


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Audio/X.wav", "audio/x.WAV"),
        ("caf\u00e9", "cafe\u0301"),
        ("STRASSE", "straße"),
        ("audio\\x", "audio/x"),
        ("\u01f0", "J\u030c"),
    ],
)
def test_paths_that_a_file_system_treats_as_one_fold_to_the_same(one, other):
    assert fold_path(one) == fold_path(other)
    assert code_of(check_collisions, [one, other]) == "path_duplicate"


def test_a_file_used_as_a_folder_is_refused_in_both_orders():
    assert code_of(check_collisions, ["Audio", "audio/x.wav"]) == "path_file_as_folder"
    assert code_of(check_collisions, ["audio/x/y/z.wav", "audio/x"]) == "path_file_as_folder"


def test_duplicate_paths_are_refused():
    assert code_of(check_collisions, ["audio/x.wav", "audio/x.wav"]) == "path_duplicate"


def test_paths_without_collisions_pass():
    check_collisions(["original_video.mp4", "audio/hi.wav", "audio/hi/1.wav", "other/audio"])
    check_collisions([])


@given(st.text())
def test_normalization_is_idempotent_or_refuses(raw):
    try:
        path = normalize_path(raw)
    except PathError as error:
        assert error.code.startswith("path_")  # noqa: PT017 (either outcome is valid)
    else:
        assert normalize_path(path) == path
        assert ".." not in path.split("/")


@given(st.text())
def test_folding_is_idempotent(text):
    assert fold_path(fold_path(text)) == fold_path(text)
    assert fold_path(unicodedata.normalize("NFD", text)) == fold_path(text)


@pytest.mark.parametrize(
    "path",
    [
        "a\u202egpj.exe",
        "a\u2066b",
        "zero\u200bwidth",
        "line\u2028break",
        "a\u200db",
        "\u200d.git/config",
        "tag\U000e0041",
    ],
)
def test_invisible_characters_are_found(path):
    assert has_invisible_characters(path)


@pytest.mark.parametrize(
    "path",
    [
        "हिन्\u200dदी/ऑडियो.wav",
        "نمی\u200cشود.srt",
        "\U0001f468\u200d\U0001f469.png",
        "no-break\u00a0space",
        "日本語.mp4",
    ],
)
def test_names_of_any_language_have_no_invisible_characters(path):
    assert not has_invisible_characters(path)


@pytest.mark.parametrize(
    "path",
    [
        "seg/00:01:00.wav",
        "C:/x.wav",
        "notes./draft ",
        "aux.srt",
        "back\\slash",
        "line\nbreak",
        "a\u202egpj.exe",
        "cafe\u0301.wav",
        "a" * 255,
        "ह" * 255,
        "...",
    ],
)
def test_names_that_some_file_system_holds_can_be_saved(path):
    check_saved_path(path)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("", "path_empty"),
        ("caf\udce9.wav", "path_encoding"),
        ("a\0b", "path_nul"),
        ("/etc/passwd", "path_absolute"),
        ("a/../b", "path_parent"),
        ("./a", "path_dot"),
        ("a//b", "path_empty_part"),
        ("a/", "path_empty_part"),
        ("ह" * 256, "path_part_too_long"),
        ("😀" * 128, "path_part_too_long"),
        ("/".join(["a" * 200] * 6), "path_too_long"),
    ],
)
def test_what_a_session_cannot_represent_is_refused(path, code):
    assert code_of(check_saved_path, path) == code
    assert [error.code for error in find_unrepresentable(["a.wav", path])] == [code]


def test_saved_paths_are_distinct_by_their_exact_spelling():
    check_tree(["HI.wav", "hi.wav", "caf\u00e9", "cafe\u0301", "seg", "Seg/a", "seg-1/a"])
    assert code_of(check_tree, ["a", "b", "a"]) == "path_duplicate"
    assert code_of(check_tree, ["a/b", "a-b", "a"]) == "path_file_as_folder"


def test_a_list_for_a_message_shows_the_first_paths_and_counts_the_others():
    assert list_for_message(["a", "b\u202e"]) == "“a”, “b⟦U+202E⟧”"
    assert list_for_message([str(number) for number in range(1023)]).endswith("“18”, “19” and 1,003 more")
