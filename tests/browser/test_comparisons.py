"""Two versions are compared, and a part of the older one is restored, in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

LINES = "1\n00:00:01,000 --> 00:00:02,000\nThe {} is deep.\n"


@pytest.mark.slow
def test_a_change_is_found_restored_and_undone(make_signed_in_user, tmp_path: Path):
    bob = make_signed_in_user("bob")
    page, folder = bob.page, tmp_path / "talk"
    subtitles = folder / "translations" / "hi.srt"
    subtitles.parent.mkdir(parents=True)
    subtitles.write_text(LINES.format("sea"))
    bob.open("/sessions/new/")
    bob.choose("folder", folder)
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    session = page.url
    subtitles.write_text(LINES.format("sky"))
    page.get_by_role("link", name="Save new version").click()
    bob.choose("folder", folder)
    page.get_by_role("button", name="Save new version").click()
    bob.wait_for_version(2)

    page.goto(session)
    page.get_by_role("link", name="Compare version 2 with the one before it").click()
    page.get_by_text("Lines", exact=True).click()
    expect(page.locator(".lines mark.ins")).to_have_text("sky")

    page.goto(session)
    page.get_by_role("link", name="Restore a part… (version 1)").click()
    page.get_by_label("All of Hindi").check()
    expect(page.get_by_label("Hindi Translation")).to_be_checked()
    page.get_by_role("button", name="Restore translations in hi").click()
    expect(
        page.get_by_text("Restored translations in hi from version 1: saved as version 3.")
    ).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Version 2 was restored as version 4.")).to_be_visible()
