from __future__ import annotations

import pytest

from dubbing_core.hidden_files import find_hidden


@pytest.mark.parametrize(
    "path",
    [
        ".git",
        ".git/config",
        "out/.git/hooks/pre-commit",
        ".GIT/config",
        "\u200c.git/config",
        "GIT~1/config",
        "VSCODE~1/tasks.json",
        ".ssh/authorized_keys",
        ".vscode/tasks.json",
        ".vscode/talk.mp4",
        ".config/autostart/x.desktop",
        ".bashrc",
        ".bash_profile",
        ".profile",
        ".zshenv",
        ".envrc",
        ".env",
        ".npmrc",
        ".pdbrc",
        ".gdbinit",
        ".pre-commit-config.yaml",
        ".eslintrc.ts",
        "Desktop.ini",
        "autorun.inf",
    ],
)
def test_files_that_other_programs_use_are_hidden(path):
    assert find_hidden([path, "talk.mp4", "log/cleaned_chunks.xlsx"]) == [path]


@pytest.mark.parametrize(
    "path",
    [
        ".subtitle_done",
        ".dubbing_done",
        "Output/talk/.checkpoint.json",
        ".progress",
        "logs/.gitkeep",
        ".hi.srt",
        "audio/.talk.mp4",
        "talk.mp4",
        "backup~1.wav",
        "audio/git.wav",
    ],
)
def test_markers_and_media_of_dubbing_tools_are_not(path):
    assert find_hidden([path]) == []


def test_a_marker_in_a_hidden_folder_stays_hidden():
    assert find_hidden([".git/.subtitle_done", "log/cleaned_chunks.xlsx"]) == [".git/.subtitle_done"]
