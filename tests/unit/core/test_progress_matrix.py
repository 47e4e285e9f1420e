"""Tests of the progress that labeled files show, by language and step."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from dubbing_core.categories import Category
from dubbing_core.labels import Role
from dubbing_core.progress import Progress, Stage
from dubbing_core.progress_matrix import Cell, CellState, ProgressMatrix, compute_matrix
from dubbing_core.selected_progress import select_progress
from dubbing_core.selection import Selection
from dubbing_core.steps import Step


@dataclass(frozen=True)
class File:
    path: str
    category: Category
    language: str = ""
    role: Role = Role.NONE
    size: int = 1


SOURCE = File("talk.mp4", Category.ORIGINAL_VIDEO, "en", Role.SOURCE)
TRANSCRIPT = File("talk.srt", Category.TRANSCRIPTIONS, "en", Role.TRANSCRIPT)
TRANSLATED, VOICED, DUBBED, MIXED = Step.TRANSLATED, Step.VOICED, Step.DUBBED, Step.MIXED


def translation(language: str, **facts) -> File:
    return File(f"{language}.srt", Category.TRANSLATIONS, language, Role.TRANSLATION, **facts)


def audio(language: str, role: Role = Role.DUBBED_AUDIO, **facts) -> File:
    return File(f"{language}.wav", Category.AUDIO, language, role, **facts)


def video(language: str, category: Category = Category.FINAL_VIDEOS, **facts) -> File:
    role = Role.DUBBED_VIDEO if category is Category.FINAL_VIDEOS else Role.MIXED_VIDEO
    return File(f"{language}.mp4", category, language, role, **facts)


def dub(language: str) -> list[File]:
    return [translation(language), audio(language), video(language)]


def states(matrix: ProgressMatrix, language: str) -> dict[Step, CellState]:
    return {step: matrix.cell(language, step).state for step in Step}


def test_each_language_has_its_own_cells():
    matrix = compute_matrix([SOURCE, TRANSCRIPT, *dub("es"), translation("fr")])

    done, missing = CellState.DONE, CellState.MISSING
    assert matrix.languages == ("es", "fr")
    assert states(matrix, "es") == {
        Step.TRANSCRIBED: done, TRANSLATED: done, VOICED: done, DUBBED: done, MIXED: missing
    }  # fmt: skip
    assert states(matrix, "fr") == {
        Step.TRANSCRIBED: done, TRANSLATED: done, VOICED: missing, DUBBED: missing, MIXED: missing
    }  # fmt: skip


def test_a_project_is_completed_when_every_target_language_has_a_video():
    files = [SOURCE, TRANSCRIPT, *dub("es"), translation("fr")]

    assert compute_matrix(files).stage is Stage.DUBBED
    assert compute_matrix([*files, video("fr", Category.MIXED_VIDEOS)]).stage is Stage.COMPLETED
    assert compute_matrix(files, excluded=["FR"]).stage is Stage.COMPLETED
    assert compute_matrix([*files, video("fr")], targets=["hi"]).stage is Stage.DUBBED


@pytest.mark.parametrize("missing", range(1, 5))
def test_a_removed_result_is_no_longer_done(missing):
    files = [SOURCE, TRANSCRIPT, *dub("es")]

    assert compute_matrix(files).stage is Stage.COMPLETED
    assert compute_matrix(files[:missing] + files[missing + 1 :]).stage is not Stage.COMPLETED


def test_a_removed_translation_of_one_language_is_no_longer_done():
    files = [SOURCE, TRANSCRIPT, *dub("es"), *dub("hi")]
    assert compute_matrix(files).stage is Stage.COMPLETED

    matrix = compute_matrix([file for file in files if file.path != "hi.srt"])

    assert matrix.cell("hi", TRANSLATED).state is CellState.MISSING
    assert matrix.stage is Stage.DUBBED
    # Its video exists and is not older than anything that it was made from.
    assert matrix.finished_languages == ["es", "hi"]


def test_empty_files_complete_nothing_and_are_named():
    matrix = compute_matrix([TRANSCRIPT, translation("es"), audio("es", size=0), video("es", size=0)])

    assert matrix.cell("es", VOICED).state is matrix.cell("es", DUBBED).state is CellState.EMPTY
    assert matrix.empty_files == ("es.mp4", "es.wav")
    assert matrix.stage is Stage.TRANSLATED
    assert matrix.progress == Progress(
        has_transcription=True, has_translations=True, has_audio=False, has_videos=False
    )


def test_one_filled_file_is_enough_beside_an_empty_one():
    empty = File("old.mp4", Category.FINAL_VIDEOS, "es", Role.DUBBED_VIDEO, size=0)

    cell = compute_matrix([video("es"), empty]).cell("es", DUBBED)

    assert (cell.state, cell.files, cell.empty_files) == (CellState.DONE, 2, 1)


def test_a_new_source_of_another_name_is_no_dubbed_video():
    recut = File("talk v2.mp4", Category.ORIGINAL_VIDEO, "en", Role.SOURCE)

    assert compute_matrix([recut, TRANSCRIPT, *dub("es")[:2]]).stage is Stage.VOICED


@pytest.mark.parametrize(
    "file",
    [
        File("vocals.wav", Category.AUDIO, "en", Role.SOURCE_AUDIO),
        File("output_sub.mp4", Category.MIXED_VIDEOS, "es", Role.SUBTITLED_VIDEO),
        File("preview_es.mp4", Category.MIXED_VIDEOS, "es", Role.PREVIEW),
        File("es.wav", Category.AUDIO, "es", Role.IGNORED),
        File("omnivoice.db", Category.TRANSLATIONS, "", Role.REPORT),
        File("notes.txt", Category.OTHER),
    ],
)
def test_files_that_are_no_results_count_for_nothing(file):
    matrix = compute_matrix([file])

    assert matrix.languages == ()
    assert matrix.stage is Stage.EMPTY


def test_parts_of_a_result_are_partial():
    intermediate = File("words.xlsx", Category.TRANSCRIPTIONS, "en", Role.INTERMEDIATE)

    matrix = compute_matrix([intermediate, audio("es", Role.SEGMENT)])

    assert matrix.transcribed.state is matrix.cell("es", VOICED).state is CellState.PARTIAL


def test_a_file_in_an_unknown_language_counts_for_the_only_one():
    unknown = File("dub.wav", Category.AUDIO, "", Role.DUBBED_AUDIO)

    assert compute_matrix([translation("es"), unknown]).cell("es", VOICED).is_done
    several = compute_matrix([translation("es"), translation("fr"), unknown])
    assert not several.cell("es", VOICED).has_results
    assert several.progress.has_audio
    assert compute_matrix([unknown]).languages == ("",)


def test_one_document_may_have_the_translations_of_all_languages():
    matrix = compute_matrix(
        [File("translated.json", Category.TRANSLATIONS, "", Role.TRANSLATION), video("es"), video("fr")]
    )

    assert matrix.languages == ("es", "fr")
    assert all(matrix.cell(language, TRANSLATED).is_done for language in matrix.languages)


def test_a_project_file_in_a_language_has_both_texts():
    utterances = File("utterance_metadata_cat.json", Category.TRANSLATIONS, "ca", Role.PROJECT)
    database = File("omnivoice.db", Category.TRANSLATIONS, "", Role.PROJECT)

    assert compute_matrix([utterances]).cell("ca", TRANSLATED).is_done
    assert compute_matrix([utterances]).transcribed.is_done
    assert compute_matrix([database]).languages == ()


def test_a_project_file_is_no_second_transcription_beside_a_real_one():
    table = File("translations/sv.csv", Category.TRANSLATIONS, "sv", Role.PROJECT)
    empty = File("talk.srt", Category.TRANSCRIPTIONS, "en", Role.TRANSCRIPT, size=0)

    assert compute_matrix([table, TRANSCRIPT]).transcribed.results == ("talk.srt",)
    assert compute_matrix([table, TRANSCRIPT]).cell("sv", TRANSLATED).is_done
    assert compute_matrix([table, empty]).transcribed.results == ("translations/sv.csv",)


def test_texts_of_the_metadata_need_no_files():
    matrix = compute_matrix([], has_transcription_text=True, translated_texts=["pt_br"], targets=["pt-BR"])

    assert matrix.languages == ("pt-BR",)
    assert matrix.transcribed.is_done
    assert matrix.cell("pt-BR", TRANSLATED).is_done
    assert matrix.stage is Stage.TRANSLATED


@pytest.mark.parametrize(
    ("choices", "languages", "steps", "done"),
    [
        ({}, ("hi", "es"), tuple(Step), {("hi", Step.VOICED), ("es", Step.DUBBED)}),
        ({"languages": ["hi"]}, ("hi",), tuple(Step), {("hi", Step.VOICED)}),
        ({"categories": ["audio"], "languages": ["hi"]}, ("hi",), (Step.VOICED,), {("hi", Step.VOICED)}),
        ({"cells": ["es:final_videos"]}, ("es",), (Step.DUBBED,), {("es", Step.DUBBED)}),
        ({"categories": ["transcriptions"]}, (), (Step.TRANSCRIBED,), set()),
    ],
)
def test_a_part_has_the_progress_of_what_it_includes(choices, languages, steps, done):
    matrix = compute_matrix([audio("hi"), video("es")], has_transcription_text=True)

    part = select_progress(matrix, Selection.from_choices(**choices))

    assert part.languages == languages
    assert part.steps == steps
    assert {place for place, cell in part.cells.items() if cell.is_done} == done
    assert part.transcribed.is_done is (Step.TRANSCRIBED in steps)


def test_cells_beside_a_selected_one_are_not_in_the_part():
    matrix = compute_matrix([audio("hi"), video("hi"), audio("es"), video("es")])

    part = select_progress(matrix, Selection.from_choices(cells=["hi:audio", "es:final_videos"]))

    places = [(language, step) for language in ("hi", "es") for step in (VOICED, DUBBED)]
    assert [part.is_selected(*place) for place in places] == [True, False, False, True]
    assert all(matrix.is_selected(*place) for place in places)


def test_a_done_cell_names_files_that_are_empty_or_unreadable():
    cell = Cell(state=CellState.DONE, files=3, empty_files=1)

    assert cell.gaps == ["1 of 3 files are empty or unreadable"]
    assert replace(cell, empty_files=0).gaps == []
