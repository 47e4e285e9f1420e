"""Imports in the browser: several ZIPs at once, sessions and folders chosen in the preview, readings of names."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.unit.core.zips.forge import File, forge

SEED = b'{"session_name": "talk", "video_name": "talk.mp4", "audio_paths": {"es": "sessions/talk/audio/es_audio.wav"}}'


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def preview(user: BrowserUser, archive: Path, *, outcome: str) -> None:
    user.open("/imports/")
    user.choose("zip", archive)
    user.page.get_by_role("button", name="Preview").click()
    user.wait_for_job(outcome)


def test_sessions_are_chosen_and_several_zips_imported(bob: BrowserUser, tmp_path: Path):
    page = bob.page
    files = {
        **{f"sessions/{name}/metadata.json": SEED for name in ("launch", "talk")},
        **{f"sessions/{name}/audio/hi_audio.wav": b"hi" for name in ("launch", "talk")},
        "sessions/loose/takes/es.wav": b"es",
        "sessions/notes\u202etxt.exe": b"n",
    }
    backup = write_zip(tmp_path / "backup.zip", files)
    single = write_zip(tmp_path / "single.zip", {"metadata.json": SEED, "audio/hi_audio.wav": b"hi"})
    bob.open("/imports/")

    bob.choose("zip", backup, single)
    expect(page.get_by_text("2 ZIPs")).to_be_visible()
    expect(page.get_by_label("Name")).to_be_disabled()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    expect(page.get_by_role("main").get_by_text("2 sessions")).to_be_visible()

    preview(bob, backup, outcome="Importing would create 2 sessions")
    expect(page.get_by_text("notes⟦U+202E⟧txt.exe")).to_be_visible()
    page.get_by_role("checkbox", name="sessions/talk/").uncheck()
    page.get_by_role("checkbox", name="sessions/loose/").check()
    page.get_by_label("Name of sessions/launch/").fill("Second launch")
    page.get_by_role("button", name="Import the checked folders").click()
    bob.wait_for_job("Imported 2 sessions")
    expect(page.get_by_role("link", name="Second launch")).to_be_visible()
    expect(page.get_by_role("link", name="loose")).to_be_visible()


@pytest.mark.variant
def test_names_are_read_as_confirmed(bob: BrowserUser, tmp_path: Path):
    page = bob.page
    archive = tmp_path / "проект.zip"
    names = ["Проект/перевод.srt", "Проект/озвучка.wav"]
    archive.write_bytes(forge(*(File(name=name.encode("cp866")) for name in names)))

    preview(bob, archive, outcome="Are these the right names?")
    page.get_by_role("radio", name="cp437").check()
    page.get_by_role("button", name="Preview with this reading").click()
    bob.wait_for_job("Are these the right names?")
    expect(page.get_by_role("radio", name="cp437")).to_be_checked()
    page.get_by_role("radio", name="Cyrillic").check()
    page.get_by_role("button", name="Preview with this reading").click()
    expect(page.get_by_role("radio", name="Cyrillic")).to_be_checked()
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("проект")
