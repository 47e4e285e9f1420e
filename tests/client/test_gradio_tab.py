"""The tab in a Gradio app, used in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import urllib.error
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.client.conftest import Machine
from tests.services.ports import reserve_port
from tests.services.processes import ROOT, Service

pytestmark = [pytest.mark.slow, pytest.mark.one_stack]

PYTHON = ROOT / ".build" / "gradio" / "bin" / "python"
QUIET = {"GRADIO_ANALYTICS_ENABLED": "False", "HF_HUB_OFFLINE": "1"}


@dataclass
class App:
    address: str
    folder: Path
    """The pipeline's folder."""
    machine: Machine | None
    """The user's machine if sessions are stored on the portal, else None."""

    def sessions(self) -> list[str]:
        if self.machine is None:
            return sorted(path.parent.name for path in self.folder.glob("sessions/*/metadata.json"))
        return sorted(session["name"] for session in self.machine.run_json("list")["sessions"])

    def save_elsewhere(self, name: str) -> None:
        """Save a session as another user, without the tab."""
        program = (
            "import sys; from dubbing_client import ProjectSessionManager;"
            "sys.exit(not ProjectSessionManager().save_session(sys.argv[1], {'video_name': 'other.mp4', 'voices': {'hi': 'deep_*'}}))"
        )
        subprocess.run([PYTHON, "-c", program, name], cwd=self.folder, env=self.environment, check=True)

    @property
    def environment(self) -> dict[str, str]:
        own = {"PATH": "/usr/bin:/bin", "DUBS_HOME": str(self.folder.parent / "dubs-home"), **QUIET}
        return own if self.machine is None else {**self.machine.environment, **own}


@pytest.fixture(scope="module", params=[pytest.param("folder", marks=pytest.mark.variant), "portal"])
def app(request, tmp_path_factory, shared_portal, dubs_server):
    """The running app, which takes 4 s of CPU to start; the tests of one work in either order."""
    if not PYTHON.exists():
        subprocess.run([ROOT / "scripts" / "client", "gradio"], check=True, timeout=600)
    home = tmp_path_factory.mktemp("gradio")
    machine = None
    if request.param == "portal":
        shared_portal.recover()
        alice = shared_portal.call("create_user", name="alice")
        machine = Machine(dubs_server, home / "alice-tab", shared_portal, alice)
    folder = home / "pipeline"
    for path, content in {
        "company presentation.mp4": b"video" * 100_000,
        "original_asr.json": b'[{"text": "Welcome."}]',
        "translated.json": '{"hi": "स्वागत है।", "es": "Bienvenidos."}'.encode(),
        "temp_audio/hi_audio.wav": b"hi" * 1000,
        "dubbed_videos/hi_final.mp4": b"final" * 1000,
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    port = reserve_port()
    app = App(f"http://127.0.0.1:{port}", folder, machine)
    service = Service(
        "gradio",
        [
            str(PYTHON),
            "-W",
            "error::DeprecationWarning:dubbing_client",
            str(ROOT / "tests/client/app.py"),
            str(port),
        ],
        log=home / "gradio.log",
        environment={**app.environment, "TMPDIR": str(home), "PIPELINE": str(folder)},
    )
    try:
        service.wait_until(lambda: is_up(app.address))
        yield app
    finally:
        service.stop()


def is_up(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError, ConnectionError):
        return False


def choose(page: Page, label: str, name: str) -> None:
    page.get_by_label(label, exact=True).click()
    page.get_by_role("option", name=name, exact=True).click()


def expect_status(page: Page, label: str, text: str) -> None:
    expect(page.get_by_label(label, exact=True)).to_have_value(re.compile(text))


def test_a_project_is_saved_loaded_exported_imported_and_deleted_in_the_tab(app, page, tmp_path):  # noqa: PLR0915 (one user journey)
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(app.address)
    page.get_by_role("tab", name="Project Sessions").click()
    expect(page.get_by_role("heading", name="Project Session Manager")).to_be_visible()

    page.get_by_role("button", name="Generate Auto Name").click()
    expect(page.get_by_label("Project Name")).to_have_value(re.compile(r"^company_presentation_\d{8}_\d{6}$"))
    name = page.get_by_label("Project Name").input_value()
    page.get_by_role("button", name="Save Current Session").click()
    expect_status(page, "Save Status", f"✅ Session saved: {name}\n2 languages, 1 audio file, 1 video")
    expect(page.get_by_label("Available Sessions")).to_have_value(name)
    assert app.sessions() == [name]

    # Sessions of other users appear after a refresh, or when the tab is opened.
    app.save_elsewhere("Other")
    page.get_by_role("button", name="Refresh").click()
    page.get_by_text("📊 Session Information").click()
    choose(page, "Available Sessions", "Other")
    expect(page.get_by_role("heading", name="Session: Other")).to_be_visible()
    expect(page.get_by_text("HI: deep_*", exact=False)).to_be_visible()
    app.save_elsewhere("Later")
    page.get_by_role("tab", name="Dub").click()
    page.get_by_role("tab", name="Project Sessions").click()
    choose(page, "Available Sessions", "Later")
    choose(page, "Available Sessions", name)

    information = page.locator("body")
    for line in (
        "Video: company presentation.mp4",
        "Languages: hi, es",
        "Total Files: 6",
        "Transcription: ✅",
        "Videos Created: ✅",
        "Languages finished: 1 of 2",
    ):
        expect(information).to_contain_text(line)
    expect(page.get_by_role("row", name="hi ✅ ✅ ✅")).to_be_visible()
    expect(page.get_by_role("row", name="es ✅ ❌ ❌")).to_be_visible()
    page.get_by_role("button", name="Load Selected Session").click()
    expect_status(page, "Load Status", f"✅ Session loaded: {name}")
    assert (app.folder / "sessions" / name / "audio" / "hi_audio.wav").read_bytes() == b"hi" * 1000
    page.get_by_role("tab", name="Dub").click()
    expect(page.get_by_label("Loaded video")).to_have_value("company presentation.mp4")
    page.get_by_role("tab", name="Project Sessions").click()

    page.get_by_text("🛠️ Session Management").click()
    expect(page.get_by_label("Session to Export")).to_have_value(name)
    page.get_by_role("button", name="Export Session").click()
    expect_status(page, "Status", f"✅ Session exported: {name}_export.zip")
    with page.expect_download() as download:
        page.locator("a[download]").click()
    exported = tmp_path / "exported.zip"
    download.value.save_as(exported)
    with zipfile.ZipFile(exported) as archive:
        assert archive.testzip() is None
        assert json.loads(archive.read("metadata.json"))["session_name"] == name
        assert archive.read("original_video.mp4") == b"video" * 100_000

    page.locator("input[type=file]").set_input_files(exported)
    expect(page.get_by_role("cell", name="exported.zip", exact=True)).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Imported")
    page.get_by_role("button", name="Import Session").click()
    expect_status(page, "Status", "✅ Session imported: Imported")
    expect(page.get_by_label("Available Sessions")).to_have_value("Imported")
    assert app.sessions() == sorted(["Other", "Imported", "Later", name])

    choose(page, "Session to Delete", "Later")
    page.get_by_role("button", name="Delete Session").click()
    expect(page.get_by_text("Delete Later?")).to_be_visible()
    page.get_by_role("button", name="Keep it").click()
    expect(page.get_by_text("Delete Later?")).to_be_hidden()
    page.get_by_role("button", name="Delete Session").click()
    page.get_by_role("button", name="Yes, delete it").click()
    expect_status(page, "Status", "✅ Session deleted: Later")
    expect(page.get_by_text("Delete Later?")).to_be_hidden()
    assert app.sessions() == sorted(["Other", "Imported", name])
    assert [url for url in outside if not url.startswith((app.address, "data:", "blob:"))] == []


@pytest.mark.variant
@pytest.mark.parametrize("app", ["portal"], indirect=True)
def test_errors_are_shown_next_to_the_button(app, page, tmp_path):
    app.save_elsewhere("Talk")
    page.goto(app.address)
    page.get_by_role("tab", name="Project Sessions").click()
    page.get_by_role("button", name="Load Selected Session").click()
    expect_status(page, "Load Status", "❌ Select a session first.")
    page.get_by_text("🛠️ Session Management").click()
    for button, sentence in {
        "Export Session": "❌ Select a session to export first.",
        "Import Session": "❌ Choose a ZIP to import first.",
        "Delete Session": "❌ Select a session to delete first.",
    }.items():
        page.get_by_role("button", name=button).click()
        expect_status(page, "Status", sentence)

    with zipfile.ZipFile(tmp_path / "legacy.zip", "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("xxxxxxx.srt", "1")
    data = (tmp_path / "legacy.zip").read_bytes()
    (tmp_path / "legacy.zip").write_bytes(data.replace(b"xxxxxxx", "перевод".encode("cp866")))
    page.locator("input[type=file]").set_input_files(tmp_path / "legacy.zip")
    expect(page.get_by_role("cell", name="legacy.zip", exact=True)).to_be_visible()
    page.get_by_role("button", name="Import Session").click()
    question = "❌ Nothing was imported. Choose how to read the names in the ZIP, then import it again."
    expect_status(page, "Status", question)
    expect(page.get_by_label("Names in the ZIP")).to_have_value("“перевод.srt”: Cyrillic (cp866)")
    page.get_by_role("button", name="Import Session").click()
    expect_status(page, "Status", "✅ Session imported: legacy")
    expect(page.get_by_label("Names in the ZIP")).to_be_hidden()
    app.machine.run("rm", "legacy", "--yes")

    with zipfile.ZipFile(tmp_path / "Talk.zip", "w") as archive:
        archive.writestr("metadata.json", "{}")
    page.locator("input[type=file]").set_input_files(tmp_path / "Talk.zip")
    expect(page.get_by_role("cell", name="Talk.zip", exact=True)).to_be_visible()
    page.get_by_role("button", name="Import Session").click()
    expect_status(
        page,
        "Status",
        "❌ Nothing was imported. There is already a session “Talk”. Give the import another name.",
    )

    # Another user deletes the selected session.
    choose(page, "Available Sessions", "Talk")
    app.machine.run("rm", "Talk", "--yes")
    page.get_by_role("button", name="Load Selected Session").click()
    expect_status(page, "Load Status", "❌ Nothing was loaded. There is no session “Talk”")
