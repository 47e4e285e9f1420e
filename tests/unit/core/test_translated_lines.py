"""Staleness of translations by line: histories of saves, and random ones against a slow look at each line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from dubbing_core.categories import Category
from dubbing_core.checked_results import Check, shorten_digests
from dubbing_core.comparison import translated_lines
from dubbing_core.comparison.translated_lines import DatedText, find_stale_translation
from dubbing_core.input_history import InputHistory
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import ProgressMatrix, compute_document_progress
from dubbing_core.project_edits import ProjectEdits, write_edits
from dubbing_core.stale_results import StaleLines, Staleness
from dubbing_core.staleness import (
    OutdatedResult,
    compute_input_digests,
    compute_progress_history,
    describe_inputs,
)
from dubbing_core.steps import Step
from dubbing_core.timeline.tracks import Segment

Place = ("es", Step.TRANSLATED)
Lines = tuple[str, ...]


@dataclass(frozen=True)
class State:
    """What a version contains."""

    source: Lines = ()
    """Lines of the transcript; no file without any."""
    target: Lines = ()
    """Of the translation."""
    target_shift: int = 0
    """Milliseconds by which the translation is later."""
    document: str = ""
    """A file with all translations as text."""


class Project:
    """A project whose texts are read after each save, as the portal does."""

    def __init__(self) -> None:
        self.versions: list[State] = []
        self.history = InputHistory.empty()
        self.document: dict[str, Any] = {"languages": ["es"]}
        self.committed: ProgressMatrix | None = None
        """As the commit computed it, before the texts were read."""

    def save(self, state: State) -> Staleness | None:
        self.versions.append(state)
        before = InputHistory.from_dict(self.history.as_dict())
        self.committed, _ = self.compute(before, is_read=False)
        matrix, self.history = self.compute(before, is_read=True)
        return matrix.cell(*Place).stale

    def compute(self, history: InputHistory, *, is_read: bool) -> tuple[ProgressMatrix, InputHistory]:
        files = list_files(self.versions[-1])
        return compute_progress_history(
            self.document,
            files,
            since={file.path: self.first(file) for file in files},
            history=history,
            number=len(self.versions),
            compare_lines=self.compare if is_read else None,
        )

    def compare(self, outdated: OutdatedResult) -> Staleness | None:
        return find_stale_translation(
            outdated,
            number=len(self.versions),
            load=lambda number: self.load(number, outdated),
            load_source=lambda number: segments(self.versions[number - 1].source) or None,
        )

    def check(self) -> Staleness | None:
        """Save the same files with the statement that the translation is right."""
        files = list_files(self.versions[-1])
        contents = self.history.get_contents(files)
        matrix = compute_document_progress(self.document, files)
        digests = compute_input_digests(matrix, self.document, contents=contents)
        inputs = describe_inputs(*Place, digests)
        check = Check(files=shorten_digests([contents["es.srt"]]), inputs=inputs)
        self.document = write_edits(self.document, ProjectEdits(checks={"es:translations": check}))
        return self.save(self.versions[-1])

    def load(self, number: int, outdated: OutdatedResult) -> DatedText | None:
        state = self.versions[number - 1]
        if not state.target:
            return None
        since = 1 + [each.target for each in self.versions].index(state.target)
        (sha256,) = [file.sha256 for file in list_files(state) if file.path == "es.srt"]
        if (known := outdated.check) and known.check.covers([sha256]):
            since = max(since, known.version)
        return DatedText("es.srt", segments(state.target, shift=state.target_shift), since)

    def first(self, file: ManifestEntry) -> int:
        return next(number for number, state in enumerate(self.versions, 1) if file in list_files(state))


def segments(lines: Lines, *, shift: int = 0) -> list[Segment]:
    return [Segment(1000 * at + shift, 1000 * at + shift + 900, "", text) for at, text in enumerate(lines)]


def list_files(state: State) -> list[ManifestEntry]:
    files = {
        "en.srt": (Category.TRANSCRIPTIONS, Role.TRANSCRIPT, "\n".join(state.source)),
        "es.srt": (Category.TRANSLATIONS, Role.TRANSLATION, "\n".join(state.target)),
        "es.json": (Category.TRANSLATIONS, Role.TRANSLATION, state.document),
    }
    return [
        ManifestEntry(
            path=path,
            sha256=hashlib.sha256(contents.encode()).hexdigest(),
            size=1,
            crc32=0,
            category=category,
            language=path[:2],
            role=role,
        )
        for path, (category, role, contents) in files.items()
        if contents
    ]


def reword(lines: Lines, *indexes: int) -> Lines:
    return tuple(f"{text} again" if index in indexes else text for index, text in enumerate(lines))


ENGLISH = tuple(f"line {index}" for index in range(9))
SPANISH = tuple(f"linea {index}" for index in range(9))


@pytest.fixture
def project() -> Project:
    project = Project()
    project.save(State(ENGLISH))
    assert project.save(State(ENGLISH, SPANISH)) is None
    return project


def reason(stale: Staleness | None) -> str:
    assert stale is not None
    assert Staleness.from_dict(stale.as_dict()) == stale
    return stale.reason


def test_a_file_that_is_saved_with_another_line_changed_does_not_count_as_new(project):
    changed = reword(ENGLISH, 4)
    project.save(State(changed, SPANISH))

    stale = project.save(State(changed, reword(SPANISH, 7)))

    assert reason(stale) == "line 5 of the transcript changed in v3, this is from v2"
    assert project.committed is not None
    assert project.committed.cell(*Place).stale is None  # until the texts are read


def test_a_line_that_is_translated_again_is_current(project):
    changed = reword(ENGLISH, 4, 6)
    stale = project.save(State(changed, SPANISH))
    assert stale is not None
    assert stale.lines == StaleLines(total=9, changed=2, numbers=(5, 7))

    assert "line 7 of the transcript" in reason(project.save(State(changed, reword(SPANISH, 4))))
    assert project.save(State(changed, reword(SPANISH, 4, 6))) is None
    assert project.save(State(ENGLISH, reword(SPANISH, 4, 6))) is not None


def test_only_the_change_of_the_stale_line_is_named(project):
    first = reword(ENGLISH, 4)
    project.save(State(first, SPANISH))
    both = reword(first, 6)
    project.save(State(both, SPANISH))

    stale = project.save(State(both, reword(SPANISH, 6)))

    assert reason(stale) == "line 5 of the transcript changed in v3, this is from v2"


def test_a_restored_translation_is_as_old_as_its_text(project):
    changed = reword(ENGLISH, 4)
    project.save(State(changed, reword(SPANISH, 4)))

    assert reason(project.save(State(changed, SPANISH))).startswith("line 5 of the transcript")
    assert project.save(State(ENGLISH, SPANISH)) is None


def test_an_inserted_line_leaves_the_age_of_the_others(project):
    changed = reword(ENGLISH, 4)
    project.save(State(changed, SPANISH))

    stale = project.save(State(("new", *changed), ("nueva", *SPANISH)))

    assert reason(stale) == "line 6 of the transcript changed in v4, this is from v2"


def test_checked_lines_are_as_new_as_their_check(project):
    typo = reword(ENGLISH, 4)
    assert project.save(State(typo, SPANISH)) is not None

    assert project.check() is None
    assert project.save(State(typo, reword(SPANISH, 1))) is None
    stale = project.save(State(reword(typo, 6), reword(SPANISH, 1)))
    assert reason(stale) == "line 7 of the transcript changed in v6, this is from v4"


@pytest.mark.parametrize(
    ("source", "target", "shift"),
    [
        (ENGLISH[:-1], SPANISH, 0),
        (ENGLISH, reword(SPANISH, 7), 950),
        (reword(ENGLISH, 4), reword(SPANISH[:-1], 7), 0),
    ],
)
def test_whole_files_decide_where_lines_are_not_parallel(project, source, target, shift):
    project.save(State(source, SPANISH))

    stale = project.save(State(source, target, target_shift=shift))

    assert stale == project.committed.cell(*Place).stale
    assert stale is None or stale.lines is None


def test_a_joined_line_of_an_earlier_text_ends_its_comparison():
    project = Project()
    project.save(State(ENGLISH, SPANISH[:-1]))
    project.save(State(reword(ENGLISH, 4), SPANISH[:-1]))
    # Of which lines the first text was made is unknown, so that all lines count as of version 3.
    assert project.save(State(reword(ENGLISH, 4), SPANISH)) is None
    assert reason(project.save(State(reword(ENGLISH, 4, 6), reword(SPANISH, 1)))).startswith("line 7 ")


def test_other_files_of_the_language_count_as_a_whole(project):
    project.save(State(ENGLISH, SPANISH, document="{}"))
    changed = reword(ENGLISH, 4)

    stale = project.save(State(changed, reword(SPANISH, 4), document="{}"))

    assert reason(stale) == "transcript changed in v4, this is from v3"
    assert stale.files == 1
    assert project.save(State(changed, reword(SPANISH, 4), document='{"es": ""}')) is None


def test_a_long_history_is_cut_off(project, monkeypatch):
    monkeypatch.setattr(translated_lines, "MAX_EARLIER", 3)
    changed = reword(ENGLISH, 4)
    project.save(State(changed, SPANISH))

    found = [project.save(State(changed, (f"{number}", *SPANISH[1:]))) for number in range(4)]

    assert [stale is not None for stale in found] == [True, True, False, False]


def list_texts(letters: str) -> st.SearchStrategy[Lines]:
    return st.lists(st.sampled_from(letters), max_size=3).map(
        lambda found: tuple(f"{index} {letter}" for index, letter in enumerate(found))
    )


states = st.builds(State, source=list_texts("ab"), target=list_texts("xy"))


@settings(max_examples=100, deadline=None)
@given(st.lists(states, min_size=1, max_size=9))
def test_random_histories_equal_a_look_at_each_line(versions):
    project = Project()
    for state in versions:
        found = project.save(state)

        expected = look_at_lines(project)
        if isinstance(expected, bool):
            assert (found is not None) == expected
        else:
            assert (found.lines.numbers if found and found.lines else ()) == expected
        committed_again, _ = project.compute(project.history, is_read=False)
        assert committed_again.cell(*Place).stale == found


def look_at_lines(project: Project) -> bool | tuple[int, ...]:
    """Return the numbers of stale lines, or whether whole files differ where lines cannot be compared."""
    states = project.versions
    now = states[-1]
    if not now.source or not now.target:
        return False
    made = states[first(project, now.target)]
    whole = bool(made.source) and made.source != now.source
    if len(now.source) != len(now.target):
        return whole
    numbers = []
    for index, text in enumerate(now.source):
        then = find_origin(project, now.target, index)
        if then.source and len(then.source) != len(then.target):
            return whole
        if then.source and then.source[index] != text:
            numbers.append(index + 1)
    return tuple(numbers)


def first(project: Project, target: Lines) -> int:
    return next(at for at, state in enumerate(project.versions) if state.target == target)


def find_origin(project: Project, target: Lines, index: int) -> State:
    """Return the version in which a line was written."""
    at = first(project, target)
    before = project.versions[at - 1].target if at else ()
    if not before or before[index : index + 1] != target[index : index + 1]:
        return project.versions[at]
    made = project.versions[first(project, before)]
    is_known = not made.source or len(made.source) == len(before)
    return find_origin(project, before, index) if is_known else project.versions[at]
