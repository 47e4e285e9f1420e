"""`manage.py classify_folder`, which needs neither database nor store."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from dubbing_core.layouts.folder_index import SMALL_FILE_LIMIT
from sessions_app.management.errors import Error
from tests.unit.core.layouts.tool_folders import BUILDERS, Project, wrong_files

pytestmark = pytest.mark.one_stack


def classify(*arguments: object) -> str:
    out = StringIO()
    call_command("classify_folder", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    tree = BUILDERS["videolingo"](Project())
    for path in tree.files:
        place = tmp_path / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(tree.contents.get(path, b"x"))
    return tmp_path


def test_the_document_names_the_tool_and_labels_every_file(folder: Path):
    tree = BUILDERS["videolingo"](Project())

    report = json.loads(classify(folder, "--json"))

    assert report["tool"] == "VideoLingo"
    assert "log/cleaned_chunks.xlsx" in report["evidence"]
    assert report["questions"] == []
    assert report["languages"] == ["zh"]
    assert list(wrong_files(tree, {file["path"]: file["category"] for file in report["files"]})) == []
    assert {
        "path": "src.srt",
        "category": "transcriptions",
        "language": "en",
        "role": "transcript",
    } in report["files"]


def test_the_table_has_a_line_for_each_file(folder: Path):
    lines = classify(folder).splitlines()

    assert lines[0].startswith("Tool: VideoLingo (")
    assert any(line.split() == ["src.srt", "transcriptions", "en", "transcript"] for line in lines)


def test_questions_are_printed(tmp_path: Path):
    for name in ("a.mp4", "b.mp4", "evil\u202e.txt"):
        (tmp_path / name).touch()

    text = classify(tmp_path)

    assert "Question: Which of these files is the source video? (a.mp4, b.mp4)" in text
    assert "evil⟦U+202E⟧.txt" in text


def test_large_and_unreadable_files_are_labeled_by_name(tmp_path: Path):
    with (tmp_path / "metadata.json").open("wb") as file:
        file.truncate(SMALL_FILE_LIMIT + 1)
    (tmp_path / "result.json").symlink_to(tmp_path / "nowhere")

    report = json.loads(classify(tmp_path, "--json"))

    assert [file["category"] for file in report["files"]] == ["other", "other"]


def test_an_empty_folder_has_no_files(tmp_path: Path):
    assert json.loads(classify(tmp_path, "--json"))["files"] == []
    assert classify(tmp_path).startswith("The folder has no files.")


def test_a_missing_folder_is_an_error(tmp_path: Path):
    out = StringIO()

    with pytest.raises(Error, match="is not a folder"):
        call_command("classify_folder", str(tmp_path / "x"), "--json", stdout=out)

    assert json.loads(out.getvalue())["error"] == "no_such_folder"
