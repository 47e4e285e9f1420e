"""The main flow in German on a phone: words of templates, scripts and the server, numbers, and the width of the page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import BrowserUser, make_project
from tests.browser.recorders import keep_notices
from tests.services.media import Media

PHONE = {"width": 390, "height": 844}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SIZE = r"\d+,\d\s[KM]iB"
"""With a decimal comma."""


@pytest.fixture
def german(make_signed_in_user) -> BrowserUser:
    user: BrowserUser = make_signed_in_user("bob", viewport=PHONE, locale="de-DE")
    return user


def check_page(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert page.evaluate(OVERFLOW) <= 0, f"{page.url} is wider than the screen"


def test_a_project_is_saved_and_played_in_german_on_a_phone(
    german: BrowserUser, media: Media, work_folder: Path
):
    contents = make_project(work_folder, media)
    page = german.page
    keep_notices(page.context)
    german.open("/sessions/new/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Neue Session")  # of a template
    expect(page.get_by_role("button", name="Leere Session anlegen")).to_be_enabled()  # of a script
    check_page(page)

    german.choose("folder", work_folder / "conference")
    expect(page.locator('[data-ref="summary"]')).to_have_text(
        re.compile(rf"^{len(contents)} Dateien, {SIZE}$")
    )
    row = page.get_by_role("row").filter(has_text="conference-talk.mp4")
    expect(row).to_contain_text("Originalvideo")  # of the server
    expect(row.get_by_role("button", name="conference-talk.mp4 auslassen")).to_be_attached()
    check_page(page)

    page.get_by_role("button", name="Session speichern").click()
    german.wait_for_version(1)
    player = page.locator("#player[data-ready]")
    expect(player.get_by_role("button", name="Wiedergabe", exact=True).first).to_be_attached()
    expect(player.get_by_role("slider").first).to_have_attribute(
        "aria-valuetext", re.compile(r"^0 Sekunden von ")
    )
    expect(page.get_by_text(re.compile(SIZE)).first).to_be_attached()
    check_page(page)

    page.locator("[data-tray] > summary").click()
    expect(page.locator("[data-tray] .tray-item")).to_contain_text("Als Version 1 gespeichert")
    page.keyboard.press("Escape")
    job = german.controller.call("create_running_job", owner=german.name, name="talk", done=64, total=100)
    german.controller.call("fail_job", job=job, message="The storage is full.")
    german.open("/sessions/")
    german.wait_for_notice("Speichern fehlgeschlagen")
    expect(page.get_by_role("button", name=re.compile("^Hinweis schließen: Speichern"))).to_be_visible()
    check_page(page)
    assert german.errors == []
