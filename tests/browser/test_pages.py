"""All pages: accessible, light, still; no console errors, no requests to other hosts, no horizontal scrolling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser import page_checks
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
    "/sessions/?view=table",
    "/sessions/?view=cards",
    "/sessions/tags/",
    "/search/",
    "/search/?q=nothing-like-it",
    "/sessions/new/",
    "/sessions/trash/",
    "/imports/",
    "/jobs/",
    "/accounts/email/",
    "/accounts/password/change/",
    "/accounts/logout/",
    "/account/tokens/",
    "/account/storage/",
    "/api/v1/docs",
]
STYLEGUIDE = "/styleguide/"
STAFF = [
    "/admin/",
    "/admin/auth/user/",
    "/admin/auth/group/add/",
    "/admin/sessions_app/dubbingsession/",
    "/admin/sessions_app/blob/garbage/",
    STYLEGUIDE,
]
AXE_RULES: dict[tuple[int, Literal["light", "dark"]], list[str] | None] = {
    (390, "light"): None,
    (1280, "dark"): page_checks.THEME_RULES,
}
"""Rules of axe by width and theme; None for all. No theme changes the size of anything."""


def make_content(user: BrowserUser, folder: Path, media: Media) -> list[str]:
    """Save twice, export and share; return the paths of the pages that exist then."""
    make_project(folder, media)
    page = user.page
    user.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill(LONG_NAME)
    user.choose("folder", folder / "conference")
    page.get_by_role("button", name="Save session").click()
    user.wait_for_version(1)
    session = page.url
    page.get_by_role("link", name="Save new version").click()
    user.choose("files", media.voices[1])
    page.get_by_role("button", name="Save new version").click()
    user.wait_for_version(2)
    page.goto(session)
    user.open_menu("Download")
    page.get_by_role("button", name="Export ZIP").click()
    user.wait_for_job("_export.zip")
    exported = page.url
    page.get_by_role("link", name="Contents and sharing").click()
    export = page.url
    page.get_by_role("button", name="Create link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    user.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill("empty")
    page.get_by_role("button", name="Create empty session").click()
    expect(page.get_by_role("heading", name="This session has no version yet")).to_be_visible()
    page.get_by_label("Add a tag").fill("later")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("button", name="Remove tag later")).to_be_visible()
    empty = page.url
    user.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill(f"trashed {LONG_NAME}")
    page.get_by_role("button", name="Create empty session").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    preview = preview_import(user, folder, link)
    user.controller.call("read_texts")  # or pages would show them while they are checked
    user.open("/jobs/")
    jobs = [str(row.get_attribute("href")) for row in page.locator(".job-row .row-title a").all()]
    addresses = [
        preview,
        exported,
        *jobs[1:3],
        session,
        f"{session}?category=audio&language=hi&find=a",
        f"{session}versions/1/",
        f"{session}versions/",
        f"{session}versions/2/export/new/",
        f"{session}versions/1/restore/part/?category=audio",
        f"{session}compare/",
        f"{session}save/",
        export,
        link,
        empty,
        f"{user.address}/search/?q=keynote",
        f"{user.address}/search/sessions/{session.rstrip('/').rpartition('/')[2]}/?q=keynote",
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


@dataclass
class Visitor:
    """Opens pages and checks each of them."""

    user: BrowserUser
    subtests: pytest.Subtests
    lines: list[str] = field(default_factory=list)

    def visit(self, path: str) -> None:
        page = self.user.page
        self.load(path)
        for (width, scheme), rules in AXE_RULES.items():
            with self.subtests.test(path=path, width=width, scheme=scheme):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                assert page.evaluate(OVERFLOW) <= 0, f"{path} is wider than a screen of {width} pixels"
                assert page_checks.find_violations(page, rules) == [], path
        assert page.locator("h1").count() == 1, f"{path} needs one main heading"
        primary = page.locator(".button.primary").filter(visible=True)
        assert primary.count() <= 1 or path == STYLEGUIDE, f"{path} has more than one primary button"

    def load(self, path: str) -> None:
        """Open a page, and check what it loads and moves."""
        response = self.user.page.goto(self.user.address + path)
        assert response is not None
        assert response.status == 200, path
        assert STRICT in str(response.header_value("content-security-policy")), path
        with self.subtests.test("load", path=path):
            self.lines.append(page_checks.check_load(self.user.page, path))


@pytest.fixture
def visitor(bob: BrowserUser, subtests: pytest.Subtests) -> Iterator[Visitor]:
    page_checks.record_parsed(bob.page)
    visitor = Visitor(bob, subtests)
    yield visitor
    print("\n".join(visitor.lines))  # noqa: T201 (figures of the run, for -s)
    assert bob.errors == []


def test_pages_of_visitors_are_free_of_errors_and_fit_the_screen(visitor: Visitor):
    visitor.user.page.context.clear_cookies()
    for path in SIGNED_OUT:
        visitor.visit(path)
    missing = visitor.user.page.request.get(f"{visitor.user.address}/nothing")
    assert missing.status == 404


@pytest.mark.slow
def test_pages_with_content_are_free_of_errors_and_fit_the_screen(
    visitor: Visitor, media: Media, work_folder: Path
):
    for path in make_content(visitor.user, work_folder, media):
        visitor.visit(path)


@pytest.mark.slow
@pytest.mark.variant
def test_pages_without_content_are_free_of_errors_and_fit_the_screen(visitor: Visitor):
    for path in SIGNED_IN:
        visitor.visit(path)


@pytest.mark.variant
@pytest.mark.slow
def test_pages_of_staff_are_free_of_errors_and_fit_the_screen(visitor: Visitor):
    for path in STAFF:
        visitor.visit(path)
    with visitor.user.page.expect_response("**/updates/"):
        visitor.user.open("/admin/auth/user/")
    user = visitor.user.page.locator("#result_list tbody th a").first.get_attribute("href")
    visitor.visit(str(user))
    page = visitor.user.page
    visitor.user.open("/admin/auth/group/add/")
    page.get_by_label("Name").fill("Dubbing team")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist a")).to_have_text("Dubbing team")
    assert page_checks.find_violations(page) == []
    page.get_by_role("link", name="Dubbing team").last.click()
    page.get_by_role("link", name="Delete").click()
    expect(page.get_by_role("link", name="No, take me back")).to_be_visible()
    visitor.visit(page.url.removeprefix(visitor.user.address))


def test_lists_of_staff_have_room_for_long_names(bob: BrowserUser, media: Media):
    page = bob.page
    page.set_viewport_size({"width": 1440, "height": 900})
    bob.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill(LONG_NAME)
    bob.choose("files", media.voices[0])
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    for name, column_name in [("entry", "in_session"), ("job", "for_session")]:
        bob.open(f"/admin/sessions_app/{name}/")
        column = page.locator(f"#result_list .field-{column_name}").first
        assert column.evaluate("(cell) => cell.offsetWidth") >= 130
        hidden = page.locator(".results").evaluate("(list) => list.scrollWidth - list.clientWidth")
        assert hidden <= 0, f"{hidden} pixels of the list of {name} are cut off"


def test_names_of_permissions_are_shown_in_full_on_phones(bob: BrowserUser):
    bob.page.set_viewport_size({"width": 390, "height": 900})
    bob.open("/admin/auth/group/add/")
    boxes = bob.page.locator(".selector select")
    expect(boxes).to_have_count(2)
    assert boxes.first.evaluate("(box) => box.scrollWidth - box.clientWidth") <= 0


@pytest.mark.slow
@pytest.mark.variant
def test_nothing_moves_with_a_cold_cache_and_a_slow_processor(
    visitor: Visitor, media: Media, work_folder: Path
):
    paths = make_content(visitor.user, work_folder, media)
    with page_checks.cold_cache(visitor.user.page):
        for path in [*paths, *SIGNED_IN, *STAFF]:
            visitor.load(path)
        visitor.user.page.goto("about:blank")  # or an open page asks for news without being signed in
        visitor.user.page.context.clear_cookies()
        for path in SIGNED_OUT:
            visitor.load(path)


@pytest.mark.slow
@pytest.mark.variant
def test_pages_in_german_fit_the_screen(visitor: Visitor, media: Media, work_folder: Path):
    user = visitor.user
    paths = [*make_content(user, work_folder, media), *SIGNED_IN]
    user.choose_language("de")
    for path in paths:
        with visitor.subtests.test(path=path):
            user.open(path)
            expect(user.page.locator("html")).to_have_attribute("lang", "de")
            for width in (1280, 390):
                user.page.set_viewport_size({"width": width, "height": 900})
                overflow = user.page.evaluate(OVERFLOW)
                assert overflow <= 0, f"{path} in German is wider than a screen of {width} pixels"
                assert page_checks.find_broken_words(user.page) == [], f"{path} at {width} pixels"


def test_the_trash_is_emptied_after_a_typed_word(bob: BrowserUser):
    page = bob.page
    for name in ("first", "second"):
        bob.open("/sessions/new/")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Create empty session").click()
        page.get_by_role("button", name="Delete", exact=True).click()
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
    bob.page.get_by_text("Left out: .git/ (hidden folder, 1 file, 0 B), .DS_Store (system file).").click()
    expect(bob.page.get_by_role("listitem").filter(has_text=".git/")).to_have_text(
        ".git/ hidden folder, 1 file, 0 B"
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
    first.wait_for_version(1)
    first.page.wait_for_url("**/sessions/*/")
    session = first.page.url
    second = first.open_tab()
    for user, file in ((first, media.voices[1]), (second, media.silence)):
        user.focus_tab()
        user.page.goto(f"{session}save/")
        user.choose("files", file)
        expect(user.page.get_by_role("button", name="Save new version")).to_be_enabled()
    second.page.get_by_role("button", name="Save new version").click()
    second.wait_for_version(2)
    first.focus_tab()
    first.page.get_by_role("button", name="Save new version").click()
    expect(first.page.get_by_role("alert")).to_contain_text("saved version 2")
    expect(first.page.locator(".button.primary").filter(visible=True)).to_have_text("Save on top of it")
    first.page.get_by_role("button", name="Save on top of it").click()
    first.wait_for_version(3)
