"""The manager's choice of a backend, its signatures and return values."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys

import pytest

from dubbing_client import ProjectSessionManager, config
from dubbing_client.dropin.local import LocalBackend
from dubbing_client.dropin.remote import RemoteBackend
from dubbing_client.errors import ConfigError

TOKEN = "dubs_" + "x" * 43


@pytest.fixture(autouse=True)
def _signed_out(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DUBS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DUBS_URL", raising=False)
    monkeypatch.delenv("DUBS_TOKEN", raising=False)


def test_the_methods_have_the_originals_signatures():
    arguments = {
        name: [
            f"{parameter.name}={parameter.default}"
            if parameter.default is not parameter.empty
            else parameter.name
            for parameter in inspect.signature(getattr(ProjectSessionManager, name)).parameters.values()
        ]
        for name in vars(ProjectSessionManager)
        if "session" in name and name != "sessions_dir"
    }
    assert arguments == {
        "generate_auto_session_name": ["self", "video_filename=None"],
        "get_all_sessions": ["self"],
        "create_session_structure": ["self", "session_name"],
        "save_session": ["self", "session_name", "session_data"],
        "load_session": ["self", "session_name"],
        "get_session_info": ["self", "session_name"],
        "export_session": ["self", "session_name", "export_path"],
        "import_session": ["self", "zip_path", "session_name=None"],
        "delete_session": ["self", "session_name"],
        "count_session_files": ["self", "session_path"],
    }


def test_sessions_are_stored_in_a_folder_by_default():
    manager = ProjectSessionManager()
    assert isinstance(manager.backend, LocalBackend)
    assert manager.sessions_dir == "sessions"
    manager.sessions_dir = "elsewhere"
    manager.save_session("Talk", {})
    assert manager.load_session("Talk")["session_name"] == "Talk"
    assert ProjectSessionManager("elsewhere").get_all_sessions() == ["Talk"]


def test_arguments_environment_and_login_configure_a_portal(monkeypatch):
    assert isinstance(ProjectSessionManager(url="https://a.example", token=TOKEN).backend, RemoteBackend)
    config.write(config.Login("https://b.example", TOKEN))
    assert ProjectSessionManager().backend.location == "on the portal https://b.example"
    assert (
        ProjectSessionManager(url="https://b.example/").backend.location == "on the portal https://b.example"
    )
    monkeypatch.setenv("DUBS_URL", "https://c.example")
    monkeypatch.setenv("DUBS_TOKEN", TOKEN)
    assert ProjectSessionManager().backend.location == "on the portal https://c.example"
    assert isinstance(ProjectSessionManager(local=True).backend, LocalBackend)


@pytest.mark.parametrize("arguments", [{"url": "https://a.example"}, {"token": TOKEN}])
def test_an_incomplete_login_does_not_fall_back_to_a_folder(arguments):
    with pytest.raises(ConfigError):
        ProjectSessionManager(**arguments)


def test_a_portal_without_a_token_does_not_fall_back_to_a_folder(monkeypatch):
    monkeypatch.setenv("DUBS_URL", "https://a.example")
    with pytest.raises(ConfigError, match="not signed in"):
        ProjectSessionManager()


@pytest.mark.parametrize(
    ("video", "name"),
    [
        ("my_presentation.mp4", r"my_presentation_\d{8}_\d{6}"),
        ("Tutorial Video.avi", r"Tutorial_Video_\d{8}_\d{6}"),
        ("conference-talk.mov", r"conference-talk_\d{8}_\d{6}"),
        ("C:\\in\\वीडियो 1.mp4", r"वडय_1_\d{8}_\d{6}"),
        ("???.mp4", r"dubbing_project_\d{8}_\d{6}"),
        (None, r"dubbing_project_\d{8}_\d{6}"),
    ],
)
def test_automatic_names_are_those_of_the_original(video, name):
    assert re.fullmatch(name, ProjectSessionManager().generate_auto_session_name(video))


def test_an_unavailable_portal_sets_the_last_error():
    manager = ProjectSessionManager(url="http://127.0.0.1:9", token=TOKEN)
    assert manager.get_all_sessions() == []
    assert "cannot be reached" in manager.last_error


def test_the_tab_names_its_missing_dependency():
    hidden = "import sys; sys.modules['gradio'] = None; import dubbing_client.gradio"
    ran = subprocess.run(
        [sys.executable, "-c", hidden], capture_output=True, text=True, check=False, env=None
    )
    assert 'pip install "dubbing-sessions-client[gradio]"' in ran.stderr
