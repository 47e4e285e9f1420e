"""Tests of staleness: histories of saves, and random ones against a slow comparison of all versions."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.categories import Category
from dubbing_core.input_history import KEPT_CHANGES, InputHistory
from dubbing_core.labels import Role
from dubbing_core.progress import Stage
from dubbing_core.progress_matrix import ProgressMatrix, compute_matrix
from dubbing_core.stale_results import Input, Staleness
from dubbing_core.staleness import compute_input_digests, find_stale
from dubbing_core.steps import Step

LABELS = {
    "talk.mp4": (Category.ORIGINAL_VIDEO, "", Role.SOURCE),
    "talk.srt": (Category.TRANSCRIPTIONS, "en", Role.TRANSCRIPT),
    "es.srt": (Category.TRANSLATIONS, "es", Role.TRANSLATION),
    "es.wav": (Category.AUDIO, "es", Role.DUBBED_AUDIO),
    "es.mp4": (Category.FINAL_VIDEOS, "es", Role.DUBBED_VIDEO),
    "es_mixed.mp4": (Category.MIXED_VIDEOS, "es", Role.MIXED_VIDEO),
}
STEP_OF = {
    "talk.srt": ("", Step.TRANSCRIBED),
    "es.srt": ("es", Step.TRANSLATED),
    "es.wav": ("es", Step.VOICED),
    "es.mp4": ("es", Step.DUBBED),
    "es_mixed.mp4": ("es", Step.MIXED),
}
MADE_FROM = {
    "talk.srt": ["talk.mp4"],
    "es.srt": ["talk.srt"],
    "es.wav": ["es.srt"],
    "es.mp4": ["talk.mp4", "es.wav"],
    "es_mixed.mp4": ["talk.mp4", "es.wav", "es.mp4"],
}
ALL = dict.fromkeys(LABELS, "1")


@dataclass(frozen=True)
class File:
    path: str
    category: Category
    language: str
    role: Role
    size: int = 1


class Project:
    """Versions of a folder: path -> contents."""

    def __init__(self) -> None:
        self.versions: list[dict[str, str]] = []
        self.history = InputHistory.empty()
        self.matrix = ProgressMatrix(
            languages=(), cells={}, transcribed=compute_matrix([]).transcribed, empty_files=()
        )

    def save(
        self, files: dict[str, str], *, voices: dict[str, str] | None = None
    ) -> dict[tuple[str, Step], Staleness]:
        """Save the state of all files; return the stale cells."""
        self.versions.append(files)
        matrix = compute_matrix(File(path, *LABELS[path]) for path in files)
        document = {"voices": voices or {}}
        digests = compute_input_digests(matrix, document, contents=files)
        stored = InputHistory.from_dict(self.history.as_dict())
        self.history = stored.advance(digests, number=len(self.versions))
        stale = find_stale(
            matrix, self.history, since={path: self.first(path, files[path]) for path in files}
        )
        self.matrix = matrix.mark_stale(stale)
        return stale

    def change(self, **changes: str | None) -> dict[tuple[str, Step], Staleness]:
        """Save the current state with changes; None removes a file. Names stand without their suffix's dot."""
        files = dict(self.versions[-1])
        for name, contents in changes.items():
            path = next(path for path in LABELS if path.replace(".", "_") == name)
            files.pop(path, None)
            if contents is not None:
                files[path] = contents
        return self.save(files)

    def first(self, path: str, contents: str) -> int:
        return next(number for number, files in enumerate(self.versions, 1) if files.get(path) == contents)


@pytest.fixture
def project() -> Project:
    project = Project()
    project.save({"talk.mp4": "1"})
    for path in list(LABELS)[1:]:
        assert project.save({**project.versions[-1], path: "1"}) == {}
    return project


def test_a_project_made_step_by_step_is_completed(project):
    assert project.matrix.stage is Stage.COMPLETED
    assert project.matrix.finished_languages == ["es"]


def test_a_changed_translation_makes_its_audio_stale_and_what_was_made_from_that(project):
    stale = project.change(es_srt="2")

    assert stale["es", Step.VOICED] == Staleness(cause=Input.TRANSLATED, changed_in=7, made_in=4, files=1)
    for step, cause in ((Step.DUBBED, Input.VOICED), (Step.MIXED, Input.DUBBED)):
        assert stale["es", step].is_inherited
        assert stale["es", step].cause is cause
    assert set(stale) == {("es", Step.VOICED), ("es", Step.DUBBED), ("es", Step.MIXED)}
    assert project.matrix.stage is Stage.DUBBED
    assert project.matrix.finished_languages == []


def test_what_is_made_again_is_not_stale(project):
    project.change(es_srt="2")

    stale = project.change(es_wav="2")
    assert set(stale) == {("es", Step.DUBBED), ("es", Step.MIXED)}
    assert stale["es", Step.DUBBED] == Staleness(cause=Input.VOICED, changed_in=8, made_in=5, files=1)
    assert set(project.change(es_mp4="2")) == {("es", Step.MIXED)}
    assert project.change(es_mixed_mp4="2") == {}
    assert project.matrix.stage is Stage.COMPLETED


def test_a_new_cut_of_the_source_makes_everything_stale(project):
    stale = project.change(talk_mp4="2")

    assert set(stale) == set(STEP_OF.values())
    assert stale["", Step.TRANSCRIBED].cause is Input.SOURCE
    assert stale["es", Step.TRANSLATED].is_inherited


def test_another_voice_makes_audio_stale():
    project = Project()
    project.save(ALL, voices={"es": "Ana"})

    assert project.save(ALL, voices={"es": "Eva"})["es", Step.VOICED].cause is Input.VOICES
    assert project.save(ALL, voices={"es": "Ana"}) == {}


def test_the_version_that_replaced_a_voice_is_named():
    project = Project()
    project.save(ALL, voices={"SPEAKER_00": "Ana"})
    project.save(ALL, voices={"SPEAKER_00": "Eva"})

    stale = project.save(ALL, voices={"SPEAKER_00": "Eva", "SPEAKER_01": "Luc"})

    assert stale["es", Step.VOICED].reason == "voice changed in v2, this is from v1"


def test_a_first_voice_or_input_proves_nothing():
    project = Project()
    project.save({"es.wav": "1", "talk.mp4": "1"})

    assert project.save({"es.wav": "1", "talk.mp4": "1", "es.srt": "1"}, voices={"es": "Ana"}) == {}


def test_a_removed_input_makes_nothing_stale(project):
    assert project.change(es_srt=None) == {}
    assert project.change(es_srt="1") == {}
    assert set(project.change(es_srt="2")) == {("es", Step.VOICED), ("es", Step.DUBBED), ("es", Step.MIXED)}


def test_a_language_that_is_removed_and_added_is_as_it_was(project):
    before = project.versions[-1]
    project.save({path: "1" for path in before if not path.startswith("es")})

    assert project.save(before) == {}


def test_restored_audio_is_compared_with_the_translation_of_its_time(project):
    project.change(es_srt="2")
    project.change(es_wav="2", es_mp4="2", es_mixed_mp4="2")

    assert set(project.change(es_wav="1")) >= {("es", Step.VOICED)}  # made from the first translation
    assert project.save(dict.fromkeys(project.versions[-1], "1")) == {}  # everything of version 6


def test_a_change_that_is_taken_back_makes_nothing_stale(project):
    assert project.change(es_srt="2")
    assert project.change(es_srt="1") == {}


def test_only_old_segments_of_audio_are_counted():
    files = [File(f"{number}.wav", Category.AUDIO, "es", Role.SEGMENT) for number in range(48)]
    translation = File("es.srt", Category.TRANSLATIONS, "es", Role.TRANSLATION)
    matrix = compute_matrix([translation, *files])
    history = InputHistory.empty()
    for number in (1, 3):
        contents = {"es.srt": str(number), **{file.path: "a" for file in files}}
        history = history.advance(compute_input_digests(matrix, {}, contents=contents), number=number)

    since = {"es.srt": 3, **{file.path: 2 if index < 41 else 4 for index, file in enumerate(files)}}
    assert find_stale(matrix, history, since=since)["es", Step.VOICED] == Staleness(
        cause=Input.TRANSLATED, changed_in=3, made_in=2, files=41
    )


def test_a_text_in_the_metadata_is_an_input_like_a_file():
    files = [File("es.wav", *LABELS["es.wav"])]
    history = InputHistory.empty()
    matrix = compute_matrix(files, translated_texts=["es"])
    for number, text in enumerate(("Hola", "Buenas"), 1):
        digests = compute_input_digests(matrix, {"translations": {"es": text}}, contents={"es.wav": "1"})
        history = history.advance(digests, number=number)

    assert find_stale(matrix, history, since={"es.wav": 1})["es", Step.VOICED].changed_in == 2


def test_a_long_history_is_cut_off_and_old_results_stay_stale():
    project = Project()
    stale = project.save(ALL)
    for number in range(2 * KEPT_CHANGES):
        stale = project.save({**ALL, "es.srt": f"{number} again"})

    assert stale["es", Step.VOICED].made_in == 1
    assert all(len(rows) <= KEPT_CHANGES for rows in project.history.changes.values())


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.dictionaries(st.sampled_from(list(LABELS)), st.sampled_from("12"), min_size=1),
        min_size=1,
        max_size=12,
    )
)
def test_random_histories_equal_a_comparison_of_all_versions(versions):
    project = Project()
    for files in versions:
        stale = project.save(files)

        direct = {place for place, found in stale.items() if not found.is_inherited}
        assert direct == {STEP_OF[path] for path in files if path in MADE_FROM and is_stale(project, path)}


def is_stale(project: Project, path: str) -> bool:
    """Compare a file's inputs now with those of the version in which the file first had its contents."""
    now = project.versions[-1]
    then = project.versions[project.first(path, now[path]) - 1]
    return any(source in then and source in now and then[source] != now[source] for source in MADE_FROM[path])
