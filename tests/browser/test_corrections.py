"""Corrections in the browser: before a save, and on the page of a session."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser


@pytest.mark.variant
def test_labels_are_corrected_before_a_save_and_later(bob: BrowserUser, tmp_path: Path):
    page = bob.page
    folder = tmp_path / "shoot"
    (folder / "takes").mkdir(parents=True)
    for name in ("a.mp4", "b.mp4", "lines.srt", "takes/01.wav", "takes/02.wav"):
        (folder / name).write_bytes(b"" if name == "takes/02.wav" else name.encode())
    bob.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill("Shoot")
    bob.choose("folder", folder)

    bar = page.get_by_role("group", name="Correct labels")
    row = page.get_by_role("row").filter(has_text="b.mp4")
    row.get_by_role("checkbox").check()
    bar.get_by_label("Category").select_option("This is the source")
    bar.get_by_role("button", name="Correct labels").click()
    expect(row).to_contain_text("Source")
    for name in ("01.wav", "02.wav"):
        page.get_by_role("row").filter(has_text=name).get_by_role("checkbox").check()
    expect(bar).to_contain_text("2 selected")
    bar.get_by_label("Category").select_option("Custom voices")
    bar.get_by_label("Language").fill("hi")
    bar.get_by_label("Language").press("Enter")
    expect(page.get_by_role("row").filter(has_text="01.wav")).to_contain_text("Custom voices")
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)

    expect(page.get_by_role("row").filter(has_text="b.mp4")).to_contain_text("Source")
    take = page.get_by_role("row").filter(has_text="02.wav")
    expect(take).to_contain_text("Empty")
    expect(take.locator(".lang")).to_have_text("hi")
    page.get_by_role("checkbox", name="Select lines.srt").check()
    bar.get_by_label("Category").select_option("Translations")
    bar.get_by_label("Language").fill("pt_br")
    bar.get_by_role("button", name="Correct labels").click()
    expect(page.get_by_text("saved as version 2")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="lines.srt").locator(".lang")).to_have_text("pt-BR")

    page.get_by_label("Language to add").fill("fr")
    page.locator("#languages").get_by_role("button", name="Add", exact=True).click()
    page.get_by_role("button", name="Exclude Brazilian Portuguese").click()
    expect(page.get_by_role("button", name="Include Brazilian Portuguese")).to_be_visible()
    page.get_by_text("Edit voices").click()
    page.get_by_label("Language or speaker").fill("fr")
    page.get_by_label("Voice", exact=True).fill("Deep")
    page.get_by_role("button", name="Save voices").click()
    expect(page.get_by_text("Edited the voice of fr: saved as version 5.")).to_be_visible()
