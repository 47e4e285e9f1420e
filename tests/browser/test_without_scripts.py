"""The portal without JavaScript: everything but uploads and the player."""

from __future__ import annotations

from playwright.sync_api import Browser, expect

from tests.browser.browser_user import BrowserUser
from tests.services.browser import new_context
from tests.services.media import Media


def test_a_session_is_found_downloaded_renamed_deleted_and_restored(
    bob: BrowserUser, browser: Browser, media: Media
):
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("talk")
    bob.choose("files", media.voices[0])
    bob.page.get_by_role("button", name="Save session").click()
    saved = bob.page.locator("#download-menu").or_(bob.page.get_by_role("link", name="Open session"))
    expect(saved.first).to_be_visible()

    with new_context(browser, java_script_enabled=False) as context:
        user = BrowserUser.with_browser(context, bob.address, bob.controller, bob.name)
        page = user.page
        user.sign_in()
        page.get_by_role("link", name="talk", exact=True).first.click()
        expect(page.get_by_role("heading", level=1, name="talk")).to_be_visible()

        # The browser's controls play; the form for links is on the page.
        expect(page.get_by_role("heading", name="Keys of the player")).to_have_count(0)
        expect(page.locator(".player-controls")).to_be_hidden()
        page.get_by_role("link", name="Share", exact=True).click()
        expect(page.get_by_role("button", name="Create link")).to_be_in_viewport()

        # Files are searched and selected one by one; the bar for the selected ones covers no row.
        expect(page.get_by_text("Select all shown")).to_be_hidden()
        expect(page.locator(".label-bar")).to_have_css("position", "static")
        field, button = (page.locator(f".files-search {name}").bounding_box() for name in ("input", "button"))
        assert field is not None
        assert button is not None
        assert button["x"] > field["x"]
        assert button["y"] < field["y"] + field["height"]

        page.locator("#download-menu summary").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="ZIP, as saved").click()
        assert download.value.path().stat().st_size > media.voices[0].stat().st_size // 2

        page.get_by_role("link", name="Rename", exact=True).click()
        page.get_by_label("Name", exact=True).fill("keynote")
        page.get_by_role("button", name="Rename").click()
        expect(page.get_by_role("heading", level=1, name="keynote")).to_be_visible()

        page.get_by_role("button", name="Move to trash").click()
        page.get_by_role("link", name="Trash", exact=True).click()
        page.get_by_role("button", name="Restore keynote").click()
        page.get_by_role("link", name="Sessions", exact=True).first.click()
        expect(page.get_by_role("link", name="keynote", exact=True).first).to_be_visible()
        assert user.errors == []
