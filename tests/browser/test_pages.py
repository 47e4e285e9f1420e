"""All pages: no console errors, no requests to other hosts, no policy violations, no horizontal scrolling."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser, make_project
from tests.services.media import Media

LONG_NAME = "the_keynote_of_the_product_launch_with_a_very_long_name_that_wraps_20260301_083000"
STRICT = "default-src 'self'"
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SIGNED_OUT = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
]
SIGNED_IN = [
    "/sessions/",
    "/sessions/?q=nothing-like-it",
    "/sessions/new/",
    "/sessions/trash/",
    "/imports/",
    "/jobs/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/account/tokens/",
    "/account/storage/",
]


def make_content(user: BrowserUser, folder: Path, media: Media) -> list[str]:
    """Save twice, export and share; return the paths of the pages that exist then."""
    make_project(folder, media)
    page = user.page
    user.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill(LONG_NAME)
    user.choose("folder", folder / "conference")
    page.get_by_role("button", name="Save session").click()
    user.wait_for_job("Saved as version 1")
    jobs = [page.url]
    page.get_by_role("link", name="Open session").click()
    session = page.url
    page.get_by_role("link", name="Save new version").click()
    user.choose("files", media.voices[1])
    page.get_by_role("button", name="Save new version").click()
    user.wait_for_job("Saved as version 2")
    page.goto(session)
    page.get_by_role("button", name="Export ZIP").click()
    user.wait_for_job("_export.zip")
    jobs.append(page.url)
    page.get_by_role("link", name="Contents and sharing").click()
    export = page.url
    page.get_by_role("button", name="Create link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    user.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill("empty")
    page.get_by_role("button", name="Create empty session").click()
    expect(page.get_by_role("heading", name="This session has no version yet")).to_be_visible()
    empty = page.url
    user.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill(f"trashed {LONG_NAME}")
    page.get_by_role("button", name="Create empty session").click()
    page.get_by_role("button", name="Delete").click()
    jobs.append(preview_import(user, folder, link))
    addresses = [
        *jobs,
        session,
        f"{session}versions/1/",
        f"{session}versions/",
        f"{session}versions/2/export/new/",
        f"{session}versions/1/restore/part/?category=audio",
        f"{session}compare/",
        f"{session}save/",
        export,
        link,
        empty,
    ]
    return [address.removeprefix(user.address) for address in addresses]


def preview_import(user: BrowserUser, folder: Path, link: str) -> str:
    """Download a shared ZIP and preview its import; return the address of the job."""
    page = user.page
    page.goto(link)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download ZIP").click()
    download.value.save_as(folder / "shared.zip")
    user.open("/imports/")
    user.choose("zip", folder / "shared.zip")
    page.get_by_role("button", name="Preview").click()
    user.wait_for_job("Importing would create the session “shared”")
    return page.url


@pytest.mark.slow
def test_every_page_is_free_of_errors_and_fits_the_screen(
    make_user, media: Media, work_folder: Path, subtests: pytest.Subtests
):
    bob = make_user("bob")

    def visit(path: str) -> None:
        response = bob.page.goto(bob.address + path)
        assert response is not None
        assert response.status == 200, path
        assert STRICT in str(response.header_value("content-security-policy")), path
        for width, scheme in product((390, 1280), ("light", "dark")):
            with subtests.test(width=width, scheme=scheme):
                bob.page.set_viewport_size({"width": width, "height": 900})
                bob.page.emulate_media(color_scheme=scheme)
                assert bob.page.evaluate(OVERFLOW) <= 0, f"{path} is wider than a screen of {width} pixels"
        assert bob.page.locator("h1").count() == 1, f"{path} needs one main heading"
        unnamed = bob.page.evaluate(
            """() => [...document.querySelectorAll("button, a[href], input:not([type=hidden], [hidden]), select")]
                .filter((e) => !(e.ariaLabel || e.textContent.trim() || e.labels?.length))
                .map((e) => e.outerHTML)"""
        )
        assert unnamed == [], f"{path} has controls without a name"

    for path in SIGNED_OUT:
        visit(path)
    bob.sign_in()
    content = make_content(bob, work_folder, media)
    for path in [*SIGNED_IN, *content]:
        visit(path)
    assert bob.errors == []
    missing = bob.page.goto(f"{bob.address}/nothing")
    assert missing is not None
    assert missing.status == 404


def test_the_trash_is_emptied_after_a_typed_word(bob: BrowserUser):
    page = bob.page
    for name in ("first", "second"):
        bob.open("/sessions/new/")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Create empty session").click()
        page.get_by_role("button", name="Delete").click()
    bob.open("/sessions/trash/")
    page.get_by_role("button", name="Empty trash").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete all 2 sessions in the trash permanently?")
    button = dialog.get_by_role("button", name="Empty trash")
    expect(button).to_be_disabled()
    dialog.get_by_role("textbox").fill("delete")
    button.click()

    expect(page.locator(".message")).to_contain_text("2 sessions were deleted permanently")
    expect(page.get_by_role("button", name="Empty trash")).to_have_count(0)
    assert bob.errors == []


def test_the_chosen_theme_is_stored(make_user):
    bob = make_user("bob", color_scheme="light")
    bob.open("/accounts/login/")
    light = bob.page.evaluate("getComputedStyle(document.body).backgroundColor")
    bob.page.get_by_role("button", name="Dark mode").click()
    bob.page.reload()
    expect(bob.page.get_by_role("button", name="Dark mode")).to_have_attribute("aria-pressed", "true")
    assert bob.page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert bob.errors == []


def test_a_session_with_a_taken_name_gets_a_free_one(bob: BrowserUser):
    for expected in ("taken", "taken_2"):
        bob.open("/sessions/new/")
        bob.page.get_by_label("Name", exact=True).fill("taken")
        bob.page.get_by_role("button", name="Create empty session").click()
        expect(bob.page.get_by_role("heading", level=1)).to_have_text(expected)
    expect(bob.page.locator(".message")).to_contain_text("this one is named “taken_2”")


def test_a_dropped_folder_is_read_recursively(bob: BrowserUser, media: Media, work_folder: Path):
    make_project(work_folder, media)
    (work_folder / "conference" / ".DS_Store").touch()
    (work_folder / "conference" / ".git").mkdir()
    (work_folder / "conference" / ".git" / "HEAD").touch()
    (work_folder / "conference" / "audio" / "take: 1.wav").touch()
    bob.open("/sessions/new/")
    bob.drop(work_folder / "conference", on=".drop-zone")
    table = bob.page.get_by_role("table", name="File placement")
    expect(table.get_by_role("row", name="final_videos/hi_final.mp4 Final videos")).to_be_visible()
    expect(table.get_by_role("row", name="take: 1.wav").first).to_contain_text("Audio")
    # What is left out is named, and hidden folders can be included.
    bob.page.get_by_text("Left out: .git/ (hidden folder), .DS_Store (system file).").click()
    expect(bob.page.get_by_role("listitem").filter(has_text=".git/")).to_have_text(
        ".git/ hidden folder, 1 file"
    )
    expect(table.get_by_role("row", name=".git/HEAD")).to_be_hidden()
    bob.page.get_by_label("Include hidden folders").check()
    expect(table.get_by_role("row", name=".git/HEAD")).to_be_visible()
    expect(bob.page.get_by_text("Left out: .DS_Store (system file).")).to_be_visible()
    assert bob.errors == []


def test_a_conflicting_save_is_reported_and_can_be_saved_on_top(bob: BrowserUser, media: Media):
    first = bob
    first.open("/sessions/new/")
    first.page.get_by_label("Name", exact=True).fill("busy")
    first.choose("files", media.voices[0])
    first.page.get_by_role("button", name="Save session").click()
    first.wait_for_job("Saved as version 1")
    first.page.get_by_role("link", name="Open session").click()
    first.page.wait_for_url("**/sessions/*/")
    session = first.page.url
    second = first.open_tab()
    for user, file in ((first, media.voices[1]), (second, media.silence)):
        user.focus_tab()
        user.page.goto(f"{session}save/")
        user.choose("files", file)
        expect(user.page.get_by_role("button", name="Save new version")).to_be_enabled()
    second.page.get_by_role("button", name="Save new version").click()
    second.wait_for_job("Saved as version 2")
    first.focus_tab()
    first.page.get_by_role("button", name="Save new version").click()
    expect(first.page.get_by_role("alert")).to_contain_text("saved version 2")
    first.page.get_by_role("button", name="Save on top of it").click()
    first.wait_for_job("Saved as version 3")
