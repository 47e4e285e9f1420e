from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from dubbing_core.categories import classify_path
from dubbing_core.paths import PathError, check_collisions, normalize_path
from dubbing_core.placement import find_metadata, place_files

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
    return {placement.source: placement.path for placement in place_files(paths, languages=languages)}


def test_files_of_the_originals_tree_stay_in_place():
    assert placed(*ORIGINAL_TREE) == {path: path for path in ORIGINAL_TREE}


def test_the_originals_flat_working_folder_becomes_its_tree():
    flat = [path.rpartition("/")[2] for path in ORIGINAL_TREE]

    assert placed(*flat) == dict(zip(flat, ORIGINAL_TREE, strict=True))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("out/hi_final.mp4", "final_videos"),
        ("lecture_dubbed_pt-BR.mkv", "final_videos"),
        ("output_dub.mp4", "final_videos"),
        ("video_with_tts.mp4", "final_videos"),
        ("dubbed_video_hi.mp4", "final_videos"),
        ("clips/intro.MP4", "final_videos"),
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
    assert placed(path, "unrelated.bin")[path] == f"{expected}/{path}"


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
    assert placed("a/metadata.json", "b/1.wav")["a/metadata.json"] == "other/a/metadata.json"


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


def test_files_and_folders_of_one_name_get_a_number():
    assert placed("x", "other/x/y") == {"x": "other/x_2", "other/x/y": "other/x/y"}
    assert placed("x/y", "other/x") == {"x/y": "other/x_2/y", "other/x": "other/x"}


def test_files_of_a_renamed_folder_stay_together():
    assert placed("x/1", "x/2", "other/x") == {
        "x/1": "other/x_2/1",
        "x/2": "other/x_2/2",
        "other/x": "other/x",
    }


def test_thousands_of_files_of_one_name_get_thousands_of_numbers():
    paths = ["/".join([f"{number:04}" + "d" * 196] * 5) + "/1.wav" for number in range(2000)]

    assert sorted(placed(*paths).values()) == sorted(
        ["audio/1.wav", *(f"audio/1_{n}.wav" for n in range(2, 2001))]
    )


def test_long_names_are_truncated_for_a_number():
    long, ending = "ह" * 85, "a." + "b" * 250

    assert placed(long, f"other/{long}")[long] == "other/" + "ह" * 84 + "_2"
    assert placed(ending, f"other/{ending}")[ending] == "other/a." + "b" * 250 + "_2"


def test_paths_beyond_the_limit_lose_their_folders():
    deep = "/".join(["d" * 200] * 5) + "/1.wav"

    assert placed(deep, "x.bin")[deep] == "audio/1.wav"


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


def test_the_metadata_of_another_tool_is_a_file_like_any_other():
    placements = place_files(["talk/metadata.json", "talk/a.wav"], has_metadata=False)

    assert [placement.source for placement in placements] == ["talk/a.wav", "talk/metadata.json"]


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
    for placement in placements:
        assert normalize_path(placement.path) == placement.path
        assert classify_path(placement.path) is placement.category
    again = place_files(result)
    assert [placement.path for placement in again] == result
    assert [placement.source for placement in again] == result
    left_out = set(paths) - {placement.source for placement in placements}
    for path in left_out:
        assert path == find_metadata(paths) or ".dubbing" in path or ".DS_Store" in path
