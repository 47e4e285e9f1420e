"""Stale results that a person checked: until when the statement holds, and for what."""

from __future__ import annotations

import hashlib
import json

import pytest

from dubbing_core.categories import Category
from dubbing_core.checked_results import MAX_FILES, Check, read_checks, shorten_digests
from dubbing_core.input_history import InputHistory
from dubbing_core.labels import Role
from dubbing_core.manifest import ManifestEntry
from dubbing_core.progress_matrix import ProgressMatrix, compute_document_progress
from dubbing_core.project_edits import read_edits, write_edits
from dubbing_core.staleness import (
    compute_input_digests,
    compute_progress_history,
    describe_inputs,
    name_cell,
)
from dubbing_core.steps import Step
from dubbing_core.stored_matrix import read_matrix, store_matrix

AUDIO, VIDEO = ("es", Step.VOICED), ("es", Step.DUBBED)
LABELS = {
    "talk.mp4": (Category.ORIGINAL_VIDEO, "", Role.SOURCE),
    "es.srt": (Category.TRANSLATIONS, "es", Role.TRANSLATION),
    "es.wav": (Category.AUDIO, "es", Role.DUBBED_AUDIO),
    "es.mp4": (Category.FINAL_VIDEOS, "es", Role.DUBBED_VIDEO),
}
ALL = dict.fromkeys(LABELS, "1")


class Project:
    """Versions of a folder with its metadata document."""

    def __init__(self) -> None:
        self.versions: list[dict[str, str]] = []
        self.history = InputHistory.empty()
        self.document: dict[str, object] = {"languages": ["es"]}
        self.matrix: ProgressMatrix

    def save(self, files: dict[str, str]) -> None:
        self.versions.append(files)
        matrix, self.history = compute_progress_history(
            json.loads(json.dumps(self.document)),
            list_entries(files),
            since={path: self.first(path) for path in files},
            history=InputHistory.from_dict(json.loads(json.dumps(self.history.as_dict()))),
            number=len(self.versions),
        )
        self.matrix = read_matrix(store_matrix(matrix))

    def first(self, path: str) -> int:
        now = self.versions[-1][path]
        return next(number for number, files in enumerate(self.versions, 1) if files.get(path) == now)

    def check(self, place: tuple[str, Step]) -> None:
        """Commit the statement that a result is right, as a version of the same files."""
        self.document = write_edits(
            self.document, read_edits(self.document).set_check(name_cell(*place), self.make_check(place))
        )
        self.save(self.versions[-1])

    def make_check(self, place: tuple[str, Step]) -> Check:
        files = list_entries(self.versions[-1])
        matrix = compute_document_progress(self.document, files)
        contents = self.history.get_contents(files)
        digests = compute_input_digests(matrix, self.document, contents=contents)
        return Check(
            files=shorten_digests(contents[path] for path in matrix.cell(*place).paths),
            inputs=describe_inputs(*place, digests),
            by="ana",
            at="2026-11-29T02:00:00+00:00",
        )

    def reason(self, place: tuple[str, Step]) -> str | None:
        stale = self.matrix.cell(*place).stale
        return stale.reason if stale else None


def list_entries(files: dict[str, str]) -> list[ManifestEntry]:
    return [
        ManifestEntry(
            path=path,
            sha256=hashlib.sha256(f"{path} {contents}".encode()).hexdigest(),
            size=1,
            crc32=0,
            category=LABELS[path][0],
            language=LABELS[path][1],
            role=LABELS[path][2],
        )
        for path, contents in files.items()
    ]


@pytest.fixture
def project() -> Project:
    """Version 2 changed the translation after its audio and video."""
    project = Project()
    project.save(ALL)
    project.save({**ALL, "es.srt": "2"})
    assert project.reason(AUDIO) == "translation changed in v2, this is from v1"
    assert project.reason(VIDEO) == "audio is stale"
    return project


def test_a_checked_result_is_not_stale_and_neither_is_what_was_made_from_it(project):
    project.check(AUDIO)

    assert (project.reason(AUDIO), project.reason(VIDEO)) == (None, None)
    checked = project.matrix.cell(*AUDIO).checked
    assert checked is not None
    assert (checked.version, checked.by) == (3, "ana")
    assert project.matrix.cell(*VIDEO).checked is None
    project.save({**ALL, "es.srt": "2"})
    assert project.reason(AUDIO) is None


def test_a_later_change_makes_it_stale_again(project):
    project.check(AUDIO)
    project.save({**ALL, "es.srt": "3"})

    assert project.reason(AUDIO) == "translation changed in v4, this is from v3"
    assert project.matrix.cell(*AUDIO).checked is None
    project.save({**ALL, "es.srt": "2"})
    assert project.reason(AUDIO) is None


def test_another_file_was_not_checked(project):
    project.check(AUDIO)
    project.save({**ALL, "es.srt": "2", "es.wav": "2"})
    project.save({**ALL, "es.srt": "3", "es.wav": "2"})

    assert project.reason(AUDIO) == "translation changed in v5, this is from v4"


def test_a_video_is_checked_although_its_audio_is_stale(project):
    project.check(VIDEO)

    assert project.reason(AUDIO) is not None
    assert project.reason(VIDEO) is None
    project.save({**ALL, "es.srt": "3"})
    assert project.reason(VIDEO) == "audio is stale"


def test_a_withdrawn_check_leaves_nothing(project):
    before = project.document
    project.check(AUDIO)
    project.document = before
    project.save(project.versions[-1])

    assert project.reason(AUDIO) == "translation changed in v2, this is from v1"


def test_a_document_of_another_time_does_not_count_for_other_inputs(project):
    check = project.make_check(AUDIO)
    project.save({**ALL, "es.srt": "3"})
    project.document = write_edits(
        project.document, read_edits(project.document).set_check(name_cell(*AUDIO), check)
    )

    project.save({**ALL, "es.srt": "3"})

    assert project.reason(AUDIO) == "translation changed in v3, this is from v1"
    project.save({**ALL, "es.srt": "2"})
    assert project.reason(AUDIO) is None


def test_files_of_large_cells_are_checked_together():
    digests = [
        hashlib.sha256(bytes([number % 256, number // 256])).hexdigest() for number in range(MAX_FILES + 1)
    ]
    check = Check(files=shorten_digests(digests))

    assert len(check.files) == 1
    assert check.covers(digests) == set(digests)
    assert check.covers(digests[1:]) == set()
    few = Check(files=shorten_digests(digests[:3]))
    assert few.covers(digests[1:]) == set(digests[1:3])


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"es:audio": None},
        {"es:audio": {"files": "abc", "inputs": {}}},
        {"es:audio": {"files": [], "inputs": []}},
    ],
)
def test_invalid_checks_are_ignored(value):
    assert read_checks(value) == {}
