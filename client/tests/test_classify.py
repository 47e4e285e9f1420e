"""`dubs classify`, which needs no portal."""

from __future__ import annotations

import json

from dubbing_client.cli.main import main


def test_a_folder_is_classified_without_a_portal(tmp_path, capsys):
    (tmp_path / "log").mkdir()
    for name in ("talk.mp4", "output_sub.mp4", "log/cleaned_chunks.xlsx", ".subtitle_done"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "src.srt").write_bytes(b"1\n00:00:00,000 --> 00:00:01,000\nHello\n")

    assert main(["classify", str(tmp_path), "--json"]) == 0

    report = json.loads(capsys.readouterr().out)
    assert report["tool"] == "VideoLingo"
    assert {file["path"]: file["role"] for file in report["files"]} == {
        ".subtitle_done": "marker",
        "log/cleaned_chunks.xlsx": "intermediate",
        "output_sub.mp4": "subtitled_video",
        "src.srt": "transcript",
        "talk.mp4": "source",
    }


def test_the_table_is_printed_with_the_summary(tmp_path, capsys):
    (tmp_path / "talk.mp4").touch()
    (tmp_path / ".DS_Store").touch()

    assert main(["classify", str(tmp_path)]) == 0

    out, err = capsys.readouterr()
    assert out == "talk.mp4\toriginal_video\t\tsource\n"
    assert err.startswith("Tool: generic\n")
    assert err.endswith("Left out: .DS_Store (system file).\n")


def test_a_missing_folder_is_an_error(tmp_path, capsys):
    assert main(["classify", str(tmp_path / "x")]) == 1

    assert "is not a folder" in capsys.readouterr().err
