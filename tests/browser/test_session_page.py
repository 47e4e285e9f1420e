"""The page of a session: renaming in place, files, and what others do in the meantime."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.browser.recorders import TAKE_TURN
from tests.services.waits import LIMIT

pytestmark = [pytest.mark.slow, pytest.mark.variant]

LINES = "1\n00:00:01,000 --> 00:00:02,000\nनमस्ते & <b>welcome</b>\n"


def make_session(user: BrowserUser, folder: Path) -> str:
    """Save a project with folders, texts and a name of a right-to-left script; return the code of the session."""
    project = folder / "talk"
    for path in ("audio/hi/01.wav", "audio/hi/02.wav", "audio/es/01.wav", "notes/قناة.txt"):
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(path.encode())
    (project / "hi.srt").write_text(LINES, encoding="utf-8")
    page = user.page
    user.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill("Talk")
    user.choose("folder", project)
    page.get_by_role("button", name="Save session").click()
    user.wait_for_version(1)
    expect(page.get_by_role("heading", level=1)).to_have_text("Talk")
    return page.url.rstrip("/").rpartition("/")[2]


def rename_in_place(user: BrowserUser) -> None:
    page = user.page
    heading = page.get_by_role("heading", level=1)
    field = page.get_by_label("Name", exact=True)
    page.get_by_role("link", name="Rename", exact=True).click()
    expect(field).to_be_focused()
    page.keyboard.type("Not this")
    page.keyboard.press("Escape")
    expect(heading).to_have_text("Talk")
    expect(page.get_by_role("link", name="Rename", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(field).to_have_value("Talk")
    field.fill("   ")
    expect(page.locator("#name-error")).not_to_be_empty()
    page.keyboard.press("Enter")
    expect(field).to_be_visible()
    for name in ("東京 の talk", "الحديث"):  # the second time after the page has followed the first
        field.fill(name)
        page.keyboard.press("Enter")
        expect(heading).to_have_text(name)
        expect(heading).to_be_focused()
        expect(page).to_have_title(f"{name} · Dubbing Sessions")
        page.get_by_role("link", name="Rename", exact=True).click()
        expect(field).to_have_value(name)
    page.keyboard.press("Escape")


def look_at_files(user: BrowserUser) -> None:
    page = user.page
    files = page.locator("#files")
    row = files.get_by_role("row").filter(has_text="hi.srt")
    row.get_by_role("link", name="Show hi.srt").click()
    expect(page.get_by_role("region", name="hi.srt")).to_contain_text("नमस्ते & <b>welcome</b>")
    row.locator("summary").click()
    expect(row).to_contain_text("SHA-256")
    files.get_by_role("link", name="Play audio/hi/01.wav").click()
    expect(files.get_by_text("The browser cannot show this file.")).to_be_visible()
    page.get_by_role("searchbox", name="Search files").fill("es 01")
    expect(files.get_by_role("status")).to_have_text("1 of 5 files")
    expect(files.locator("tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Do not search for es 01").click()
    expect(page.get_by_role("searchbox", name="Search files")).to_have_value("")
    files.get_by_role("link", name="By folder").press("Enter")
    expect(files.get_by_role("link", name="By folder")).to_be_focused()
    files.get_by_text("audio", exact=True).click()
    files.get_by_text("es", exact=True).click()
    expect(files.get_by_role("link", name="Download audio/es/01.wav")).to_be_visible()
    page.reload()
    expect(files.get_by_text("notes", exact=True)).to_be_visible()


def add_language(user: BrowserUser, session: str, language: str) -> None:
    """Make a new version from another program of the user."""
    assert post(user, f"sessions/{session}/corrections", {"languages": {language: "added"}}) == 201


def post(user: BrowserUser, path: str, body: dict[str, Any]) -> int:
    token = user.controller.call("create_access_token", owner=user.name)
    request = Request(
        f"{user.address}/api/v1/{path}",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=LIMIT) as response:
        return int(response.status)


def select_text_while_tags_change(user: BrowserUser, session: str) -> None:
    """A part with selected text is not replaced; it follows when the selection ends, though nothing else changes."""
    page = user.page
    activity = page.locator("#activity")
    page.evaluate("getSelection().selectAllChildren(document.getElementById('activity'))")
    assert post(user, f"sessions/{session}/tags", {"add": ["launch"], "remove": []}) == 200
    expect(page.locator("#tags")).to_contain_text("launch")
    expect(activity).not_to_contain_text("launch")
    page.evaluate("getSelection().removeAllRanges()")
    expect(activity).to_contain_text(f"{user.name} added launch to the tags")
    expect(activity).to_contain_text(f"{user.name} renamed the session from Talk to 東京 の talk")


def test_a_session_page_is_worked_on_while_others_change_the_session(bob: BrowserUser, tmp_path: Path):
    session = make_session(bob, tmp_path)
    page = bob.page
    rename_in_place(bob)
    look_at_files(bob)
    page.evaluate("window.isSamePage = true")
    select_text_while_tags_change(bob, session)

    add_language(bob, session, "fr")
    expect(page.locator(".timeline > li")).to_have_count(2)
    expect(page.get_by_role("button", name="Exclude French")).to_be_visible()
    bob.wait_for_notice("Version 2 by")

    field = page.get_by_label("Language to add")
    field.fill("d")
    add_language(bob, session, "it")
    expect(page.locator(".timeline > li")).to_have_count(3)
    expect(page.locator("#update-notice")).to_contain_text("Version 3 by")
    expect(field).to_have_value("d")
    expect(field).to_be_focused()
    expect(page.get_by_role("button", name="Exclude Italian")).to_have_count(0)

    job = bob.controller.call(
        "create_running_job", owner=bob.name, name="Talk", done=64, total=100, session=session
    )
    row = page.locator("#session-jobs")
    expect(row).to_contain_text(re.compile("64"))
    bob.controller.call("fail_job", job=job, message="The storage is full.")
    expect(row).to_contain_text("The storage is full.")
    expect(field).to_have_value("d")
    assert page.evaluate("window.isSamePage")

    page.get_by_role("link", name="Show version 3").click()
    expect(page.get_by_role("button", name="Exclude Italian")).to_be_visible()

    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Create link").click()
    link = page.get_by_label("Link", exact=True)
    expect(link).to_have_value(re.compile("/s/."))
    expect(page.locator(".tray-item").filter(has_text="Export ready")).to_be_attached()
    page.evaluate(TAKE_TURN)
    expect(page.locator("#toasts")).not_to_contain_text("Export ready")
    page.goto(link.input_value())
    expect(page.get_by_role("heading", level=1)).to_have_text("الحديث")
    expect(page.get_by_role("link", name="Download ZIP")).to_be_visible()
    assert bob.errors == []
