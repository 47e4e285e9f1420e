"""Staleness of audio by line: histories of saves, and random ones against a slow comparison of all versions."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.categories import Category
from dubbing_core.input_history import InputHistory
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import ProgressMatrix
from dubbing_core.stale_results import Input, StaleLines, Staleness
from dubbing_core.staleness import OutdatedResult, compute_progress_history
from dubbing_core.steps import Step
from dubbing_core.timeline.line_changes import find_stale_lines, name_changed_lines
from dubbing_core.timeline.tracks import Segment

Place = ("es", Step.VOICED)


@dataclass(frozen=True)
class State:
    """What a version contains."""

    lines: tuple[str, ...]
    """Of the translation; no file without any."""
    takes: dict[int, str] = field(default_factory=dict)
    """Audio of single lines, by the line's index."""
    whole: str = ""
    """Audio of the whole language."""
    shift: int = 0
    """Milliseconds by which a tool moved all lines."""


class Project:
    """A project whose texts are read after each save, as the portal does."""

    def __init__(self, *, names_times: bool = False) -> None:
        self.versions: list[State] = []
        self.history = InputHistory.empty()
        self.committed: ProgressMatrix | None = None
        """As the commit computed it, before the texts were read."""
        self.names_times = names_times

    def save(self, state: State) -> Staleness | None:
        self.versions.append(state)
        before = InputHistory.from_dict(self.history.as_dict())
        self.committed, _ = self.compute(before, is_read=False)
        matrix, self.history = self.compute(before, is_read=True)
        return matrix.cell(*Place).stale

    def compute(self, history: InputHistory, *, is_read: bool) -> tuple[ProgressMatrix, InputHistory]:
        files = self.list_files(self.versions[-1])
        return compute_progress_history(
            {"languages": ["es"]},
            files,
            since={file.path: self.first(file) for file in files},
            history=history,
            number=len(self.versions),
            compare_lines=self.compare if is_read else None,
        )

    def compare(self, audio: OutdatedResult) -> Staleness | None:
        segments = {file.path for file in self.list_files(self.versions[-1]) if file.role is Role.SEGMENT}
        return find_stale_lines(audio, segments, self.load(len(self.versions)), self.load)

    def load(self, number: int) -> list[Segment] | None:
        state = self.versions[number - 1]
        starts = (1000 * at + state.shift for at in range(len(state.lines)))
        return [
            Segment(start, start + 900, "", text) for start, text in zip(starts, state.lines, strict=True)
        ] or None

    def first(self, file: ManifestEntry) -> int:
        return next(number for number, state in enumerate(self.versions, 1) if file in self.list_files(state))

    def list_files(self, state: State) -> list[ManifestEntry]:
        files = {
            (self.name(index, state), Category.AUDIO, Role.SEGMENT): f"{index} {name}"
            for index, name in state.takes.items()
        }
        if state.lines:
            files["es.srt", Category.TRANSLATIONS, Role.TRANSLATION] = "\n".join(state.lines)
        if state.whole:
            files["es.wav", Category.AUDIO, Role.DUBBED_AUDIO] = state.whole
        return [
            ManifestEntry(
                path=path,
                sha256=hashlib.sha256(contents.encode()).hexdigest(),
                size=1,
                crc32=0,
                category=category,
                language="es",
                role=role,
            )
            for (path, category, role), contents in files.items()
        ]

    def name(self, index: int, state: State) -> str:
        return f"seg/{index + state.shift / 1000}.wav" if self.names_times else f"seg/{index + 1:04}.wav"


def reword(lines: tuple[str, ...], *indexes: int) -> tuple[str, ...]:
    return tuple(f"{text} again" if index in indexes else text for index, text in enumerate(lines))


LINES = tuple(f"line {index}" for index in range(48))
TAKES = dict.fromkeys(range(48), "1")


@pytest.fixture(params=[False, True], ids=["numbers", "times"])
def project(request: pytest.FixtureRequest) -> Project:
    """Version 2 has the audio of version 1's translation."""
    project = Project(names_times=request.param)
    project.save(State(LINES))
    assert project.save(State(LINES, TAKES)) is None
    return project


def test_one_changed_line_is_named(project):
    stale = project.save(State(reword(LINES, 11), TAKES))

    assert stale is not None
    assert stale.reason == "line 12 of 48 changed in v3, its audio is from v2"
    assert stale.files == 1


def test_changed_lines_are_counted_and_named(project):
    stale = project.save(State(reword(LINES, 11, 18, 39), TAKES))

    assert stale is not None
    assert stale.reason == "3 of 48 lines changed after their audio: 12, 19 and 40 (v3, audio from v2)"


def test_audio_of_changed_lines_that_is_made_again_is_current(project):
    changed = reword(LINES, 11, 18)
    project.save(State(changed, TAKES))

    stale = project.save(State(changed, {**TAKES, 11: "2"}))
    assert stale is not None
    assert stale.reason == "line 19 of 48 changed in v3, its audio is from v2"
    assert project.save(State(changed, {**TAKES, 11: "2", 18: "2"})) is None


def test_a_later_change_of_another_line_is_not_the_reason(project):
    first = reword(LINES, 11)
    both = reword(first, 18)
    project.save(State(first, TAKES))
    project.save(State(both, TAKES))

    stale = project.save(State(both, {**TAKES, 18: "2"}))

    assert stale is not None
    assert stale.reason == "line 12 of 48 changed in v3, its audio is from v2"


def test_a_line_that_is_taken_back_fits_its_audio_again(project):
    assert project.save(State(reword(LINES, 11), TAKES))
    assert project.save(State(LINES, TAKES)) is None


def test_restored_audio_is_compared_with_the_line_of_its_time(project):
    changed = reword(LINES, 11)
    project.save(State(changed, {**TAKES, 11: "2"}))

    stale = project.save(State(changed, TAKES))

    assert stale is not None
    assert stale.lines == StaleLines(total=48, changed=1, numbers=(12,))
    assert project.save(State(LINES, TAKES)) is None


def test_a_text_that_is_only_retimed_makes_nothing_stale():
    project = Project()
    project.save(State(LINES, TAKES))

    assert project.save(State(LINES, TAKES, shift=250)) is None


def test_an_added_line_leaves_the_others_current(project):
    assert project.save(State((*LINES, "one more"), TAKES)) is None


def test_audio_of_the_whole_language_is_stale_beside_current_lines(project):
    changed = reword(LINES, 11)
    project.save(State(LINES, TAKES, whole="1"))

    stale = project.save(State(changed, {**TAKES, 11: "2"}, whole="1"))

    assert stale is not None
    assert stale.reason == "translation changed in v4, this is from v3"
    assert stale.files == 1
    assert project.save(State(changed, {**TAKES, 11: "2"}, whole="2")) is None


def test_whole_files_count_where_an_earlier_text_is_not_known(project):
    project.load = lambda number: None if number == 2 else Project.load(project, number)

    stale = project.save(State(reword(LINES, 11), TAKES))

    assert stale is not None
    assert stale.reason == "translation changed in v3, this is from v2"
    assert stale.files == 48


def test_a_save_of_other_files_leaves_the_lines_as_they_were(project):
    project.save(State(reword(LINES, 11), {**TAKES, 11: "2"}))
    project.save(State(reword(LINES, 11), {**TAKES, 11: "2"}))

    assert project.committed is not None
    assert project.committed.cell(*Place).stale is None


def segments(*texts: str) -> list[Segment]:
    return [Segment(1000 * at, 1000 * at + 900, "", text) for at, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("earlier", "current", "reason"),
    [
        (
            segments("a", "b", "c"),
            segments("a", "x", "c"),
            "line 2 of the transcript changed in v5, this is from v3",
        ),
        (
            segments("a", "b", "c"),
            segments("y", "x", "z"),
            "lines 1, 2 and 3 of the transcript changed in v5, this is from v3",
        ),
        (segments("a", "b"), segments("a", "b", "c"), "transcript changed in v5, this is from v3"),
        (segments("a"), segments(" a "), "transcript changed in v5, this is from v3"),
        (None, segments("a"), "transcript changed in v5, this is from v3"),
    ],
)
def test_changed_lines_of_the_transcript_are_named(earlier, current, reason):
    stale = Staleness(cause=Input.TRANSCRIBED, changed_in=5, made_in=3, files=1)
    outdated = OutdatedResult(
        language="es",
        step=Step.TRANSLATED,
        paths=("es.srt",),
        since={"es.srt": 3},
        changes=(1, 5),
        stale=stale,
    )

    named = name_changed_lines(outdated, current, earlier)

    assert named is not None
    assert named.reason == reason
    assert Staleness.from_dict(named.as_dict()) == named


texts = st.lists(st.sampled_from("ab"), min_size=0, max_size=4).map(tuple)
states = st.builds(
    State,
    lines=texts,
    takes=st.dictionaries(st.integers(0, 3), st.sampled_from("12")),
    whole=st.sampled_from(["", "1", "2"]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(states, min_size=1, max_size=8))
def test_random_histories_equal_a_comparison_of_all_versions(versions):
    project = Project()
    for state in versions:
        found = project.save(state)

        files, lines = compare_all(project)
        assert (found is not None) == bool(files)
        numbers = found.lines.numbers if found and found.lines else ()
        assert numbers == tuple(sorted(lines))
        assert (found.files if found else 0) == len(files)
        committed_again, _ = project.compute(project.history, is_read=False)
        assert committed_again.cell(*Place).stale == found


def compare_all(project: Project) -> tuple[set[str], set[int]]:
    """Return the stale files and the numbers of their lines, by texts alone."""
    now = project.versions[-1]
    has_lines = bool(now.lines) and bool(now.takes) and max(now.takes) < len(now.lines)
    files, lines = set(), set()
    for file in project.list_files(now):
        then = project.versions[project.first(file) - 1].lines
        if file.category is not Category.AUDIO or not then or not now.lines:
            continue
        if file.role is not Role.SEGMENT or not has_lines:
            files |= {file.path} if then != now.lines else set()
            continue
        index = int(file.path[4:8]) - 1
        if then[index : index + 1] != now.lines[index : index + 1]:
            files.add(file.path)
            lines.add(index + 1)
    return files, lines
