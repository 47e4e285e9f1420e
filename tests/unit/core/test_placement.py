from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dubbing_core.labels import Role
from dubbing_core.paths import PathError, check_collisions, normalize_path
from dubbing_core.placement import find_metadata, place_files
from dubbing_core.projection import project_paths

ORIGINAL_TREE = [
    "original_video.mp4",
    "transcriptions/original_asr.json",
    "transcriptions/chunked_transcript.json",
    "translations/translated.json",
    "translations/language_translations.json",
    "voices/voice_assignments.json",
    "audio/hi_audio.wav",
    "audio/en_audio.wav",
    "custom_voices/custom_hi_voice_01_demo.wav",
    "custom_voices/custom_en_narration_02_demo.wav",
    "final_videos/hi_final.mp4",
    "mixed_videos/gemini_hi_deep_demo_mixed.mp4",
    "other/notes.pages",
]


def placed(*paths, languages=()) -> dict[str, str]:
    """Return the path in the session's tree of each file."""
    placements = place_files(paths, languages=languages)
    tree = project_paths({placement.path: placement.label for placement in placements})
    return {placement.source: tree[placement.path] for placement in placements if placement.path in tree}


def test_files_of_the_originals_tree_stay_in_place():
    assert placed(*ORIGINAL_TREE) == {path: path for path in ORIGINAL_TREE}


def test_the_originals_flat_working_folder_becomes_its_tree():
    flat = [path.rpartition("/")[2] for path in ORIGINAL_TREE if not path.startswith("other/")]

    assert placed(*flat) == dict(zip(flat, ORIGINAL_TREE, strict=False))


def test_files_keep_their_paths_without_the_folder_around_them():
    paths = {p.source: p.path for p in place_files(["talk/tts/1.wav", "talk/metadata.json", "talk/a.txt"])}

    assert paths == {
        "talk/tts/1.wav": "tts/1.wav",
        "talk/metadata.json": "metadata.json",
        "talk/a.txt": "a.txt",
    }


def test_metadata_of_another_tool_is_an_ordinary_file():
    def roles(*, has_metadata: bool) -> dict[str, Role]:
        placements = place_files(["metadata.json", "a.wav"], has_metadata=has_metadata)
        return {placement.path: placement.role for placement in placements}

    assert roles(has_metadata=True) == {"metadata.json": Role.SESSION_METADATA, "a.wav": Role.DUBBED_AUDIO}
    assert roles(has_metadata=False) == {"metadata.json": Role.NONE, "a.wav": Role.DUBBED_AUDIO}


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("out/hi_final.mp4", "final_videos"),
        ("lecture_dubbed_pt-BR.mkv", "final_videos"),
        ("output_dub.mp4", "final_videos"),
        ("video_with_tts.mp4", "final_videos"),
        ("dubbed_video_hi.mp4", "final_videos"),
        ("clips/intro.MP4", "original_video"),
        ("gemini_hi_deep_demo_mixed.mp4", "mixed_videos"),
        ("video_bgm.mp4", "mixed_videos"),
        ("output_sub.mp4", "mixed_videos"),
        ("mixed/hi.mp4", "mixed_videos"),
        ("original_asr.json", "transcriptions"),
        ("log/asr.json", "transcriptions"),
        ("Chunked_Transcript.JSON", "transcriptions"),
        ("transcript.pdf", "transcriptions"),
        ("whisper/part1.json", "transcriptions"),
        ("laser.txt", "other"),
        ("translated.json", "translations"),
        ("hi_translation.docx", "translations"),
        ("translations_v2/hi.json", "other"),
        ("work/translated/hi.json", "translations"),
        ("voice_assignments.json", "voices"),
        ("speaker_to_voice_type.json", "voices"),
        ("voice_over_script.docx", "other"),
        ("custom_hi_voice_01_demo.wav", "custom_voices"),
        ("refers/1.wav", "custom_voices"),
        ("SPEAKER/SPEAKER_00.wav", "custom_voices"),
        ("tts/hi/001.wav", "audio"),
        ("vocals.flac", "audio"),
        ("hi.srt", "translations"),
        ("movie.hi.srt", "translations"),
        ("movie.vtt", "transcriptions"),
        ("origin_language_srt.srt", "transcriptions"),
        ("translated.ass", "translations"),
        ("readme", "other"),
        ("audio", "other"),
        ("original_video.srt", "transcriptions"),
    ],
)
def test_names_folders_and_kinds_decide_the_category(path, expected):
    placements = {placement.source: placement for placement in place_files([path, "unrelated.bin"])}

    assert (placements[path].path, placements[path].category) == (path, expected)


def test_the_only_video_at_the_root_is_the_original():
    assert placed("My Talk.MP4", "hi_final.mp4") == {
        "My Talk.MP4": "original_video.mp4",
        "hi_final.mp4": "final_videos/hi_final.mp4",
    }


def test_none_of_two_videos_becomes_the_original():
    assert placed("a.mp4", "b.mp4") == {"a.mp4": "final_videos/a.mp4", "b.mp4": "final_videos/b.mp4"}


def test_a_file_named_as_the_original_stays_the_only_one():
    assert placed("original_video.MOV", "a.mp4")["a.mp4"] == "final_videos/a.mp4"
    assert placed("original_video.wav", "x.txt")["original_video.wav"] == "original_video.wav"


def test_a_wrapper_folder_is_removed_and_system_files_are_ignored():
    paths = [
        "talk/metadata.json",
        "talk/audio/hi_audio.wav",
        "talk/tts/1.wav",
        "talk/.DS_Store",
        "talk/audio/Thumbs.db",
        "talk/desktop.ini",
        "talk/.dubbing/manifest.json",
        "__MACOSX/talk/._metadata.json",
    ]

    assert placed(*paths) == {
        "talk/audio/hi_audio.wav": "audio/hi_audio.wav",
        "talk/tts/1.wav": "audio/tts/1.wav",
    }
    assert find_metadata(paths) == "talk/metadata.json"


def test_a_wrapper_named_as_category_or_language_stays():
    assert placed("audio/1.wav") == {"audio/1.wav": "audio/1.wav"}
    assert placed("hi/1.wav", "hi/2.wav")["hi/1.wav"] == "audio/hi/1.wav"


def test_a_project_may_be_named_like_a_language():
    assert placed("it/metadata.json", "it/audio/1.wav") == {"it/audio/1.wav": "audio/1.wav"}
    assert find_metadata(["it/metadata.json", "it/x.wav"]) == "it/metadata.json"


def test_metadata_is_found_only_at_the_root():
    assert find_metadata(["metadata.json", "audio/1.wav"]) == "metadata.json"
    assert find_metadata(["a/metadata.json", "b/1.wav"]) is None
    assert find_metadata([]) is None
    assert placed("a/metadata.json", "b/1.wav")["a/metadata.json"] == "a/metadata.json"


def test_category_folders_are_case_insensitive():
    assert placed("Audio/X.wav", "Voices/v.json") == {
        "Audio/X.wav": "audio/X.wav",
        "Voices/v.json": "voices/v.json",
    }


def test_colliding_files_get_a_number():
    assert placed("1.wav", "audio/1.wav", "audio/1_2.WAV") == {
        "1.wav": "audio/1_3.wav",
        "audio/1.wav": "audio/1.wav",
        "audio/1_2.WAV": "audio/1_2.WAV",
    }


def test_session_languages_resolve_ambiguous_words():
    (placement,) = place_files(["no_audio.wav"], languages=["no"])
    assert placement.language == "no"
    (placement,) = place_files(["no_audio.wav"])
    assert placement.language == ""


PARTS = st.sampled_from(
    [
        *(path.partition("/")[0] for path in ORIGINAL_TREE),
        "Audio",
        "sessions",
        "talk",
        "hi",
        "it",
        "x",
        "X",
        "refers",
        "other",
    ]
    + [path.rpartition("/")[2] for path in ORIGINAL_TREE]
    + [
        "a.mp4",
        "b.MP4",
        "hi.srt",
        "1.wav",
        "1_2.wav",
        "metadata.json",
        ".dubbing",
        ".DS_Store",
        "café",
        "d" * 240,
    ],
)


PATHS = st.lists(
    st.lists(PARTS | st.text(min_size=1, max_size=6), min_size=1, max_size=5).map("/".join), max_size=9
)


def trees(paths):
    tree: list[str] = []
    for raw in paths:
        try:
            path = normalize_path(raw)
            check_collisions([*tree, path])
        except PathError:
            continue
        tree.append(path)
    return tree


@given(PATHS.map(trees), st.randoms())
def test_every_file_is_placed_once_and_placement_is_idempotent(paths, random):
    placements = place_files(paths)
    result = [placement.path for placement in placements]
    shuffled = random.sample(paths, len(paths))

    assert place_files(shuffled) == placements
    assert len({placement.source for placement in placements}) == len(placements) <= len(paths)
    assert result == sorted(result)
    check_collisions(result)
    assert all(placement.source.endswith(placement.path) for placement in placements)
    again = place_files(result, rooted=True)
    assert [placement.path for placement in again] == result
    assert [placement.source for placement in again] == result
    left_out = set(paths) - {placement.source for placement in placements}
    for path in left_out:
        assert ".dubbing" in path or ".DS_Store" in path
