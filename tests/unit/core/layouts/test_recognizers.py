"""Tests of the recognizers on folders of every tool, alone, nested and side by side."""

from __future__ import annotations

import json
import sys
from collections import Counter
from itertools import combinations
from typing import NamedTuple

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.categories import Category
from dubbing_core.labels import Label, Role
from dubbing_core.languages import parse_language_code
from dubbing_core.layouts import folder_index
from dubbing_core.layouts.recognition import QuestionCode, Recognition
from dubbing_core.layouts.recognizers import recognize
from dubbing_core.progress_matrix import compute_matrix
from dubbing_core.steps import Step
from tests.unit.core.layouts.tool_folders import BUILDERS, TEXTS, Project, ToolTree, srt, wrong_files

LANGUAGES = st.permutations(sorted(TEXTS)).map(lambda tags: tags[:2])
STEMS = st.one_of(
    st.sampled_from(
        ["talk", "My Talk (2025)", "conférence", "会议", "lecture.part.1", "12345", "interview-final cut"]
    ),
    st.text("abcdefgklmnopqxyz ", min_size=3, max_size=12).map(str.strip).filter(lambda stem: len(stem) > 2),
)
PROJECTS = st.builds(
    lambda stem, tags, lines: Project(stem=stem, source=tags[0], target=tags[1], lines=lines),
    STEMS,
    LANGUAGES,
    st.integers(min_value=1, max_value=12),
)
SHARE_REQUIRED = 0.97


class LabeledPath(NamedTuple):
    """A file for the matrix of progress."""

    path: str
    size: int
    category: Category
    language: str
    role: Role


def recognized(tree: ToolTree) -> Recognition:
    result = recognize(tree.files, tree.contents.get)
    assert result is not None
    return result


def categories(result: Recognition) -> dict[str, Category]:
    return {path: label.category for path, label in result.labels.items()}


def recognize_files(files: dict[str, object]) -> Recognition:
    """Recognize files by contents: text, a JSON value, or None."""
    contents = {
        path: value.encode() if isinstance(value, str) else json.dumps(value).encode()
        for path, value in files.items()
        if value is not None
    }
    result = recognize(files, contents.get)
    assert result is not None
    return result


def labels_of(*paths: str) -> dict[str, Label]:
    return dict(recognize_files(dict.fromkeys(paths)).labels)


@pytest.mark.parametrize("name", BUILDERS)
def test_every_file_of_a_tool_is_labeled_right(name):
    tree = BUILDERS[name](Project())

    result = recognized(tree)

    assert list(wrong_files(tree, categories(result))) == []
    assert result.tool == tree.tool
    assert set(result.sources) == tree.sources
    assert [
        path
        for path, expected in tree.files.items()
        if expected.language and not result.labels[path].language
    ] == []


@pytest.mark.parametrize("name", BUILDERS)
@settings(deadline=None, max_examples=40)
@given(project=PROJECTS)
def test_other_names_languages_and_numbers_of_lines_change_nothing(name, project):
    tree = BUILDERS[name](project)

    result = recognized(tree)

    assert result.labels.keys() == tree.files.keys()
    wrong = list(wrong_files(tree, categories(result)))
    assert len(wrong) <= (1 - SHARE_REQUIRED) * len(tree.files), wrong
    assert set(result.sources) == tree.sources
    languages = {path: expected.language for path, expected in tree.files.items() if expected.language}
    assert {path: result.labels[path].language for path in languages} == {
        path: parse_language_code(language) for path, language in languages.items()
    }


@settings(deadline=None, max_examples=150)
@given(
    names=st.permutations(sorted(BUILDERS)).map(lambda names: names[:2]),
    project=PROJECTS,
    other=PROJECTS,
    folders=st.sampled_from([("a/", "b/"), ("", "work/x/"), ("videos/u/20250803 Talk/", "output/")]),
)
def test_two_tools_side_by_side_keep_their_labels(names, project, other, folders):
    trees = [
        BUILDERS[name](parameters).moved(folder)
        for name, parameters, folder in zip(names, (project, other), folders, strict=True)
    ]
    files = trees[0].files | trees[1].files
    contents = trees[0].contents | trees[1].contents

    result = recognize(files, contents.get)

    assert result is not None
    wrong = [line for tree in trees for line in wrong_files(tree, categories(result))]
    assert len(wrong) <= (1 - SHARE_REQUIRED) * len(files), wrong
    assert set(result.sources) >= trees[0].sources | trees[1].sources
    assert {tree.tool for tree in trees if tree.tool != "generic"} <= set(result.tools)


@pytest.mark.parametrize("name", BUILDERS)
def test_a_list_of_names_without_contents_is_labeled_too(name):
    tree = BUILDERS[name](Project())

    result = recognize(tree.files)

    assert result is not None
    # Only the columns of a CSV show that it is one of dubbed lines.
    assert [line for line in wrong_files(tree, categories(result)) if not line.startswith("talk.csv")] == []
    assert set(result.sources) == tree.sources


@pytest.mark.parametrize("name", BUILDERS)
def test_a_bilingual_file_is_shown_as_neither_text(name):
    tree = BUILDERS[name](Project())

    result = recognized(tree)

    assert all(result.labels[path].role is Role.BILINGUAL for path in tree.bilingual)
    shown = {place.path for place in (result.transcript, *result.translations.values()) if place is not None}
    assert shown.isdisjoint(tree.bilingual)


@pytest.mark.parametrize("source", ["en", "zh"])
@pytest.mark.parametrize("name", BUILDERS)
def test_a_translation_is_never_shown_as_the_transcript(name, source):
    target = "zh" if source == "en" else "en"
    tree = BUILDERS[name](Project(source=source, target=target))

    result = recognized(tree)

    roles = {role: Counter[str]() for role in (Role.TRANSCRIPT, Role.TRANSLATION)}
    for path, label in result.labels.items():
        text = tree.contents.get(path, b"").decode()
        if label.role in roles and not path.endswith("translation.json"):
            roles[label.role].update(tag for tag in (source, target) if TEXTS[tag] in text)
    assert roles[Role.TRANSCRIPT][target] == 0
    assert roles[Role.TRANSLATION][source] == 0


def test_pyvideotrans_asks_for_the_language_of_the_source_and_shows_neither_text():
    result = recognize_files(
        {
            "zh-cn.srt": srt("zh", 2),
            "en.srt": srt("en", 2),
            "zh-cn.m4a": None,
            "en.m4a": None,
            "talk.mp4": None,
        }
    )

    assert [question.code for question in result.questions] == [
        QuestionCode.SOURCE_LANGUAGE,
        QuestionCode.SOURCE_OUTSIDE,
    ]
    assert result.questions[0].choices == ("en", "zh-CN")
    assert result.transcript is None
    assert result.labels["zh-cn.srt"].role is result.labels["en.srt"].role is Role.UNCONFIRMED
    assert result.labels["talk.mp4"].category is Category.FINAL_VIDEOS


def test_segments_named_by_their_lines_reveal_the_dubbed_language():
    spoken = TEXTS["en"][:60].rstrip(" .")
    result = recognize_files(
        {
            "zh-cn.srt": srt("zh", 2),
            "en.srt": srt("en", 2),
            "en.m4a": None,
            f"segment_audio_talk/0-{spoken}.wav": None,
        }
    )

    assert result.labels["zh-cn.srt"] == Label(
        category=Category.TRANSCRIPTIONS, language="zh-CN", role=Role.TRANSCRIPT
    )
    assert result.labels["en.m4a"].role is Role.DUBBED_AUDIO


def test_a_dub_in_the_sources_language_has_its_own_track():
    result = recognize_files({"en.srt": srt("en", 2), "en.m4a": None, "en-dubbing.m4a": None})

    assert result.labels["en.srt"].role is Role.TRANSCRIPT
    assert result.labels["en.m4a"].role is Role.SOURCE_AUDIO
    assert result.labels["en-dubbing.m4a"].role is Role.DUBBED_AUDIO
    assert result.languages == ("en",)


def test_videolingos_subtitled_video_is_not_dubbed():
    labels = labels_of("talk.mp4", "output_sub.mp4", "log/cleaned_chunks.xlsx")

    assert labels["output_sub.mp4"].category is Category.MIXED_VIDEOS
    assert labels["talk.mp4"].role is Role.SOURCE


def test_open_dubbings_silent_video_is_not_the_source():
    result = recognize_files({"mytalk_video.mp4": None, "utterance_metadata_cat.json": {}, "cat.srt": None})

    assert result.sources == []
    assert result.labels["mytalk_video.mp4"].category is Category.OTHER
    assert [question.code for question in result.questions] == [QuestionCode.SOURCE_OUTSIDE]


def test_the_source_beside_open_dubbings_folder_is_found_by_its_simplified_name():
    result = recognize_files(
        {"My Talk.mp4": None, "out/mytalk_video.mp4": None, "out/utterance_metadata_cat.json": {}}
    )

    assert result.sources == ["My Talk.mp4"]
    assert result.questions == ()


@pytest.mark.parametrize("document", [None, {"video_id": "abc", "speakers": [], "utterances": []}])
def test_ariels_source_has_no_extension(document):
    result = recognize_files(
        {"abc": None, "abc.es-ES.mp4": None, "dubbed_audio_es-ES.wav": None, "metadata.json": document}
    )

    assert result.sources == ["abc"]
    assert result.labels["abc.es-ES.mp4"] == Label(
        category=Category.FINAL_VIDEOS, language="es-ES", role=Role.DUBBED_VIDEO
    )


def test_archived_projects_have_their_own_sources():
    result = recognize_files(
        dict.fromkeys(
            f"{folder}/{name}"
            for folder in ("output", "history/First Talk", "batch/output/ERROR/Second")
            for name in ("talk.mp4", "output_sub.mp4", "log/cleaned_chunks.xlsx")
        )
    )

    assert result.sources == [
        "batch/output/ERROR/Second/talk.mp4",
        "history/First Talk/talk.mp4",
        "output/talk.mp4",
    ]
    assert result.tools == ("VideoLingo",)


@pytest.mark.parametrize(
    ("paths", "source"),
    [
        (["talk.mp4", "talk_es.mp4"], "talk.mp4"),
        (["talk.mp4", "talk_es.mp4", "talk.pt-BR.mp4", "talk - dubbed.mp4"], "talk.mp4"),
        (["talk_source.mov", "talk_es.mp4", "talk_fr.mp4"], "talk_source.mov"),
        (["source/take.mp4", "es.mp4", "fr.mp4"], "source/take.mp4"),
        (["project/talk.mp4", "project/dubbed/talk.mp4"], "project/talk.mp4"),
        (["talk_final.mp4", "talk_final_es.mp4", "talk_final.srt"], "talk_final.mp4"),
        (["talk_final.mp4", "talk_final_mixed.mp4"], None),
        (["a.mp4", "b.mp4"], None),
        (["talk.mp4", "talk_hindi.mp4", "talk (Deutsch).mp4", "talk-Brazilian Portuguese.mp4"], "talk.mp4"),
        (["talk_en.mp4", "talk_es.mp4"], None),
        (["talk_english.mp4", "talk_hindi.mp4"], None),
        (["hi_final.mp4"], None),
    ],
)
def test_the_generic_source_is_the_video_that_others_derive_from(paths, source):
    result = recognize_files(dict.fromkeys(paths))

    assert result.sources == ([source] if source else [])
    assert result.tool == "generic"


def test_two_unrelated_videos_are_a_question():
    (question,) = recognize_files({"a.mp4": None, "b.mp4": None}).questions

    assert question.code is QuestionCode.SOURCE_AMBIGUOUS
    assert question.choices == ("a.mp4", "b.mp4")


def test_subtitles_in_the_only_undubbed_language_are_the_transcript():
    labels = labels_of("talk.mp4", "talk.en.srt", "talk.es.srt", "talk_es.mp4", "talk.bilingual.srt")

    assert labels["talk.en.srt"] == Label(
        category=Category.TRANSCRIPTIONS, language="en", role=Role.TRANSCRIPT
    )
    assert labels["talk.es.srt"].category is Category.TRANSLATIONS
    assert labels["talk.bilingual.srt"].role is Role.BILINGUAL


@pytest.mark.parametrize(
    ("paths", "languages", "expected"),
    [
        # The first text is the transcript; of two nothing is known, until there is a dub.
        (["talk.mp4", "en.srt"], (), {"en.srt": Role.TRANSCRIPT}),
        (["talk.mp4", "en.srt"], ("en",), {"en.srt": Role.TRANSCRIPT}),
        (["talk.mp4", "en.srt"], ("en", "hi"), {"en.srt": Role.TRANSCRIPT}),
        (["en.srt"], (), {"en.srt": Role.TRANSLATION}),
        (["talk.mp4", "en.srt", "talk_en.mp4"], (), {"en.srt": Role.TRANSLATION}),
        (["talk.mp4", "talk.srt", "en.srt"], (), {"en.srt": Role.TRANSLATION}),
        (["talk.mp4", "en.srt", "hi.srt"], ("en",), {"en.srt": Role.TRANSLATION, "hi.srt": Role.TRANSLATION}),
        (
            ["talk.mp4", "en.srt", "hi.srt", "talk_hi.mp4"],
            ("en", "hi"),
            {"en.srt": Role.TRANSCRIPT, "hi.srt": Role.TRANSLATION},
        ),
    ],
)
def test_a_language_that_only_subtitles_have_is_no_sign_of_a_dub(paths, languages, expected):
    result = recognize(paths, languages=languages)

    assert result is not None
    assert {path: result.labels[path].role for path in expected} == expected


def test_documents_of_speech_recognition_are_found_by_their_contents():
    result = recognize_files(
        {"talk.mp4": None, "result.json": {"text": "Hi", "segments": [], "language": "en"}}
    )

    assert result.labels["result.json"] == Label(
        category=Category.TRANSCRIPTIONS, language="en", role=Role.TRANSCRIPT
    )


def test_another_tools_metadata_is_not_the_session_managers():
    assert labels_of("metadata.json", "talk.mp4")["metadata.json"] == Label(category=Category.OTHER)
    result = recognize_files(
        {"metadata.json": {"session_name": "a", "languages": [], "voices": {"hi": "deep"}}}
    )
    assert result.labels["metadata.json"].role is Role.SESSION_METADATA
    assert result.voices == {"hi": "deep"}


def test_markers_of_finished_steps_are_reported():
    result = recognize_files(
        dict.fromkeys([".subtitle_done", "log/cleaned_chunks.xlsx", "src.srt", "trans.srt", "talk.mp4"])
    )

    assert result.markers == result.finish_markers == [".subtitle_done"]
    assert result.finished == {
        ".subtitle_done": Step.TRANSLATED,
        "src.srt": Step.TRANSCRIBED,
        "trans.srt": Step.TRANSLATED,
    }


@pytest.mark.parametrize(
    ("tool", "path", "finishes"),
    [
        ("videolingo", ".subtitle_done", True),
        ("videolingo", ".dubbing_done", True),
        ("dubbing_pipeline", "Output/talk/.checkpoint.json", True),
        ("generic", "out/_SUCCESS", True),
        ("generic", ".stage_3.done", True),
        ("generic", ".progress", False),
        ("generic", "out/.job_state.json", False),
        ("linly", ".finished", True),
    ],
)
def test_recognizers_name_the_records_of_progress(tool, path, finishes):
    tree = BUILDERS[tool](Project())

    result = recognize([*tree.files, path])

    assert result is not None
    assert path in result.markers
    assert (path in result.finish_markers) is finishes
    assert result.labels[path].category is Category.OTHER


@pytest.mark.parametrize(
    "document", [b"\xff", b"[[[[", b'{"utterances": 7}', b"null", b"[1, 2]", b'{"speakers": {"a": 1}}']
)
@pytest.mark.parametrize("name", BUILDERS)
def test_damaged_documents_only_lose_their_own_facts(name, document):
    tree = BUILDERS[name](Project())

    result = recognize(tree.files, lambda _path: document)

    assert result is not None
    assert len(list(wrong_files(tree, categories(result)))) <= 1
    assert set(result.sources) == tree.sources


def test_no_files_are_no_recognition():
    assert recognize([]) is None


def test_the_work_grows_with_the_number_of_files(monkeypatch):
    """Each path is matched a bounded number of times, and a bounded number of files is read."""
    reads: Counter[str] = Counter()

    def read(path: str) -> bytes:
        reads[path] += 1
        return b"{}"

    paths = [f"{tree}/{n // 100}/{n}.json" for tree in ("a", "b") for n in range(2_000)]

    recognize([*paths, *(f"out/{n}/metadata.json" for n in range(500))], read)

    assert sum(reads.values()) <= folder_index.READ_LIMIT
    assert max(reads.values()) == 1


def test_work_per_file_does_not_depend_on_the_number_of_files():
    """Twice the files take twice the calls, with a few files of every tool among them."""
    trees = [BUILDERS[name](Project()).moved(f"{name}/") for name in BUILDERS]
    files = [path for tree in trees for path in tree.files]

    def count_calls(copies: int) -> int:
        calls = 0

        def count(_frame: object, event: str, _argument: object) -> None:
            nonlocal calls
            calls += event in {"call", "c_call"}

        paths = [f"{copy:03}/{path}" for copy in range(copies) for path in files]
        sys.setprofile(count)
        try:
            recognize(paths)
        finally:
            sys.setprofile(None)
        return calls

    count_calls(1)  # fills the caches of language tags
    assert count_calls(8) < 2.3 * count_calls(4)


@pytest.mark.parametrize(("name", "other"), list(combinations(sorted(BUILDERS), 2)))
def test_two_tools_in_one_folder_keep_nearly_all_labels(name, other):
    trees = [BUILDERS[name](Project(stem="talk")), BUILDERS[other](Project(stem="lecture", target="es"))]
    files = trees[0].files | trees[1].files

    result = recognize(files, (trees[0].contents | trees[1].contents).get)

    assert result is not None
    found = categories(result)
    # A name that both tools have is right as either of them states.
    wrong = [set(wrong_files(tree, {path: found[path] for path in tree.files})) for tree in trees]
    shared = trees[0].files.keys() & trees[1].files.keys()
    lines = [line for each in wrong for line in each if line.partition(":")[0] not in shared]
    assert len(lines) <= max(1, (1 - SHARE_REQUIRED) * len(files)), lines


def test_videos_of_two_projects_in_one_folder_have_two_sources():
    table = "speaker,start_time,end_time,transcription,translation\n"
    result = recognize_files(
        {"a.csv": table, **dict.fromkeys(["talk.mp4", "talk_es.mp4", "lecture.mp4", "lecture_fr.mp4"])}
    )

    assert result.sources == ["lecture.mp4", "talk.mp4"]


@pytest.mark.parametrize(
    ("paths", "sources"),
    [
        (
            ["a/talk.mp4", "a/talk_es.mp4", "b/x/lecture.mp4", "b/x/lecture_fr.mp4"],
            ["a/talk.mp4", "b/x/lecture.mp4"],
        ),
        (
            ["talk.mp4", "talk_es.mp4", "old/lecture.mp4", "old/lecture_fr.mp4"],
            ["old/lecture.mp4", "talk.mp4"],
        ),
        # a copy, a piece, and results of a tool
        (["a/talk.mp4", "a/talk_es.mp4", "b/c/talk.mp4", "b/c/talk_es.mp4"], ["a/talk.mp4"]),
        (["talk.mp4", "talk_es.mp4", "cut/talk-01.mp4", "cut/talk-01_es.mp4"], ["talk.mp4"]),
        (["talk.mp4", "talk_es.mp4", "output/clip.mp4", "output/clip_es.mp4"], ["talk.mp4"]),
    ],
)
def test_projects_at_different_depths_have_their_own_sources(paths, sources):
    assert recognize_files(dict.fromkeys(paths)).sources == sources


@pytest.mark.parametrize("name", ["ariel", "open_dubbing"])
def test_a_project_inside_a_tools_folder_has_its_own_languages(name):
    # The tool's project is spoken in English; the other one is dubbed into it.
    inner = BUILDERS["generic"](Project(source="zh", target="en")).moved("work/x/")
    outer = BUILDERS[name](Project(source="en", target="zh"))

    result = recognize(outer.files | inner.files, (outer.contents | inner.contents).get)

    assert result is not None
    assert result.labels["work/x/talk.en.srt"].role is Role.TRANSLATION


@pytest.mark.parametrize(
    ("paths", "sources"),
    [
        (["a/source.mp4", "a/es.mp4", "b/x/source.mp4", "b/x/fr.mp4"], ["a/source.mp4", "b/x/source.mp4"]),
        (["a/raw/1.mp4", "a/es.mp4", "b/c/raw/2.mp4", "b/c/fr.mp4"], ["a/raw/1.mp4", "b/c/raw/2.mp4"]),
        # a copy, a piece, and results
        (["source.mp4", "es.mp4", "old/source.mp4"], ["source.mp4"]),
        (["raw/talk.mp4", "es.mp4", "work/x/input/clip.mp4"], ["raw/talk.mp4"]),
        (["a/source.mp4", "output/x/source.mp4"], ["a/source.mp4"]),
        # two of one project
        (["raw/1.mp4", "raw/2.mp4"], []),
        (["a/source.mp4", "a/original.mp4", "b/source.mp4"], []),
    ],
)
def test_projects_have_their_own_named_sources(paths, sources):
    assert recognize_files(dict.fromkeys(paths)).sources == sources


def test_a_tool_without_its_source_takes_no_video_of_another():
    files = {
        "SubtitleEditTts.json": {"Items": []},
        "a.csv": "speaker,start_time,end_time,transcription,translation\n",
    }
    labels = recognize_files({**files, "talk.mp4": None, "talk_fr.mp4": None}).labels

    assert labels["talk.mp4"].role is Role.SOURCE
    assert labels["talk_fr.mp4"].role is Role.DUBBED_VIDEO


@pytest.mark.parametrize(
    ("text", "language"),
    [("Hej.", ""), ("안녕하세요 여러분 오늘은 첫 번째 수업입니다 잘 부탁드립니다", "ko")],
)
def test_a_session_of_subtitle_edit_is_a_translation_and_no_transcription(text, language):
    items = [{"Text": text, "StartMs": 0, "EndMs": 900, "AudioFileName": "0001.wav", "VoiceName": "Amy"}]
    labels = recognize_files({"SubtitleEditTts.json": {"Items": items}, "wav/0001.wav": None}).labels
    files = [
        LabeledPath(path, 1, label.category, label.language, label.role) for path, label in labels.items()
    ]

    matrix = compute_matrix(files)

    assert matrix.languages == (language,)
    assert matrix.cell(language, Step.TRANSLATED).is_done
    assert not matrix.transcribed.has_results


@pytest.mark.parametrize(
    ("name", "transcription", "translation", "language"),
    [
        ("sv.csv", "Hello.", "Hej.", "sv"),
        ("talk_swedish.csv", "Hello.", "Hej.", "sv"),
        ("sv.csv", "Hello.", "안녕하세요 여러분 오늘은 첫 번째 수업입니다 잘 부탁드립니다", "ko"),
        ("ja.csv", "これはとても短い最初の授業のための文章です。", "Hej.", ""),
        ("lines.csv", "Hello.", "Hej.", ""),
    ],
)
def test_the_name_of_a_table_states_the_language_of_short_lines(name, transcription, translation, language):
    table = (
        "speaker,start_time,end_time,transcription,translation\n"
        f'Ana,0:00:01,0:00:02,"{transcription}","{translation}"\n'
    )
    files = {"transcriptions/en.srt": "1\n00:00:01,000 --> 00:00:02,000\nHello.\n"}

    result = recognize_files({**files, f"translations/{name}": table})

    assert result.labels[f"translations/{name}"].language == language
    assert result.transcript is not None
    assert result.transcript.path == "transcriptions/en.srt"


def test_a_source_beside_another_tools_is_found_by_the_files_named_after_it():
    paths = [
        "a/origin_video.mp4",
        "a/krillinai_manifest.json",
        "b/talk.mp4",
        "b/talk.srt",
        "b/talk_es.wav",
        "b/x.mp4",
    ]

    assert recognize_files(dict.fromkeys(paths)).sources == ["a/origin_video.mp4", "b/talk.mp4"]


def test_the_transcript_has_the_whole_name_of_the_source():
    labels = labels_of("ep_02_en.mp4", "ep_02_en.srt", "ep_02_en_es.mp4", "ep_02_en_es.srt")

    assert labels["ep_02_en.srt"].role is Role.TRANSCRIPT
    assert labels["ep_02_en_es.srt"].role is Role.TRANSLATION


def test_the_language_follows_the_title_of_the_source():
    labels = labels_of("de luxe.mp4", "de luxe_es.mp4", "de luxe.es.srt")

    assert {labels[path].language for path in ("de luxe_es.mp4", "de luxe.es.srt")} == {"es"}


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("talk_hindi.mp4", "hi"),
        ("talk_hindi_v2.mp4", "hi"),
        ("talk_english_captions.srt", "en"),
        ("captions_v2.srt", ""),
        ("talk (Deutsch).mp4", "de"),
        ("talk_Brazilian_Portuguese.wav", "pt-BR"),
        ("Spanish/001.wav", "es"),
        ("hindi_audio_2.wav", "hi"),
        ("हिन्दी.wav", "hi"),
        ("talk_中文.srt", "zh"),
        ("hindi/talk_es.wav", "es"),  # a tag counts more
        ("talk_hindi_cut.wav", ""),  # a word of the title
        ("voice_polish.wav", ""),  # a step of the work
        ("talk_latin.wav", ""),  # no language of speech engines
    ],
)
def test_languages_are_found_by_name(path, language):
    assert labels_of("talk.mp4", path)[path].language == language


def test_a_named_language_is_spelled_as_in_the_session():
    result = recognize(["talk.mp4", "talk_chinese.wav"], languages=["ZH"])

    assert result is not None
    assert result.labels["talk_chinese.wav"].language == "ZH"
