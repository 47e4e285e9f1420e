"""The list of sessions: filters by keyboard, views, marks, actions on many, import by dropping."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.browser_user import BrowserUser

CREATE = """async (count) => {
  const headers = {"Content-Type": "application/json",
    "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content};
  for (let number = 1; number <= count; number += 1) {
    const body = JSON.stringify({name: `talk ${String(number).padStart(2, "0")}`});
    await fetch("/api/v1/sessions", {method: "POST", headers, body});
  }
}"""


def test_sessions_are_filtered_and_changed_together(bob: BrowserUser, work_folder: Path):
    bob.open("/sessions/")
    expect(bob.page.get_by_role("heading", name="Save your first dubbing project")).to_be_visible()
    bob.page.evaluate(CREATE, 26)
    bob.open("/sessions/")
    expect(bob.page.locator(".card")).to_have_count(24)

    filter_without_leaving_the_field(bob.page)
    star_and_sort(bob.page)
    select_a_range(bob.page)
    tag_all_results(bob.page)
    delete_all_results(bob.page)
    undo(bob.page)
    delete_all_results(bob.page)
    restore_from_trash(bob)
    import_by_dropping(bob, [work_folder / "dropped one.zip", work_folder / "dropped two.zip"])


BUTTONS_ON_TOP = """() => [...document.querySelectorAll("[data-batch] .actions > *")].map((button) => {
  const { x, y, width, height } = button.getBoundingClientRect();
  return button.contains(document.elementFromPoint(x + width / 2, y + height / 2));
})"""


@pytest.mark.parametrize("width", [390, 1024])
def test_no_notice_covers_the_actions_on_selected_sessions(bob: BrowserUser, width: int):
    page = bob.page
    page.set_viewport_size({"width": width, "height": 844})
    bob.open("/sessions/")
    page.evaluate(CREATE, 12)
    page.route("**/updates/", lambda route: route.fulfill(status=401))
    bob.open("/sessions/?view=table")
    facts = page.get_by_role("row").filter(has_text="talk 12").locator(".row-facts")
    expect(facts).to_be_visible(visible=width == 390)
    expect(facts).to_have_text(re.compile(r"^bob\S* ·"))

    page.get_by_label("Select talk 12").check()
    bob.wait_for_notice("You are signed out.")

    expect(page.locator("html")).to_have_attribute("style", re.compile(r"--toasts: [1-9]"))
    assert page.evaluate(BUTTONS_ON_TOP) == [True] * 5


def expect_count(page: Page, text: str) -> None:
    expect(page.locator(".list-count")).to_have_text(text)


def filter_without_leaving_the_field(page: Page) -> None:
    page.evaluate("window.isSamePage = true")
    search = page.get_by_label("Search by name, video or language")
    search.press_sequentially("talk 1")
    expect_count(page, "12 of 26 sessions")
    expect(page).to_have_url(re.compile(r"\?q=talk\+1$"))
    expect(search).to_be_focused()
    sort = page.get_by_label("Sort by")
    sort.focus()
    sort.press("n")  # selects the next order that begins with it, as a user does
    expect(page).to_have_url(re.compile(r"\?q=talk\+1&sort="))
    expect(page.get_by_label("Sort by")).to_be_focused()
    assert page.evaluate("window.isSamePage")


def star_and_sort(page: Page) -> None:
    star = page.get_by_role("button", name="Star talk 12")
    star.click()
    expect(star).to_have_attribute("aria-pressed", "true")
    page.get_by_text("Starred", exact=True).click()
    expect_count(page, "1 of 26 sessions")
    page.get_by_role("link", name="Table").click()
    expect(page.get_by_role("table")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect_count(page, "26 sessions")
    head = page.get_by_role("columnheader", name="Session", exact=True)
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    expect(head.get_by_role("link")).to_be_focused()
    page.get_by_role("link", name="Next").click()
    expect(page.get_by_role("link", name="Page 2")).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("link", name="talk 26")).to_be_visible()
    page.get_by_role("link", name="Page 1").click()
    expect(page.get_by_role("link", name="Page 1")).to_have_attribute("aria-current", "page")


def select_a_range(page: Page) -> None:
    boxes = page.locator("input[name=codes]")
    boxes.nth(1).click()
    boxes.nth(5).click(modifiers=["Shift"])
    bar = page.locator("[data-batch]")
    expect(bar).to_contain_text("5 selected")
    page.evaluate("window.scrollTo(0, 0)")
    expect(bar).to_be_in_viewport(ratio=1)
    page.get_by_role("button", name="Clear selection").click()
    expect(page.locator("[data-batch]")).to_be_hidden()


def select_all_results(page: Page) -> None:
    page.get_by_label("Select all on this page").check()
    bar = page.locator("[data-batch]")
    expect(bar).to_contain_text("24 selected")
    page.get_by_role("button", name="Select all 26").click()
    expect(bar).to_contain_text("26 selected")


def tag_all_results(page: Page) -> None:
    select_all_results(page)
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_label("Add tags").fill("batch, all")
    page.get_by_label("Add tags").press("Enter")
    expect(page.locator(".message")).to_contain_text("Tags added to 26 sessions")
    page.get_by_label("Tag", exact=True).select_option("batch")
    expect_count(page, "26 of 26 sessions")
    page.get_by_text("Save filter").click()
    expect(page.get_by_label("Name of the filter")).to_be_focused()
    page.keyboard.type("Everything")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Everything")).to_have_attribute("aria-current", "true")


def delete_all_results(page: Page) -> None:
    select_all_results(page)
    page.get_by_role("button", name="Delete", exact=True).click()
    page.get_by_role("button", name="Move to trash").click()
    expect(page.locator(".message")).to_contain_text("26 sessions were moved to the trash")


def undo(page: Page) -> None:
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".message")).to_contain_text("26 sessions were restored")


def restore_from_trash(user: BrowserUser) -> None:
    page = user.page
    user.open("/sessions/trash/")
    page.get_by_label("Search by name, video or language").press_sequentially("talk 2")
    expect_count(page, "9 sessions")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Delete permanently").click()
    dialog = page.get_by_role("dialog", name="Delete 9 sessions permanently?")
    dialog.get_by_role("textbox").fill("delete")
    dialog.get_by_role("button", name="Delete permanently").click()
    expect(page.locator(".message")).to_contain_text("9 sessions were deleted permanently")
    page.get_by_role("link", name="Show the whole trash").click()
    expect_count(page, "17 sessions")
    page.get_by_label("Select all on this page").check()
    page.get_by_role("button", name="Restore", exact=True).click()
    expect(page.locator(".message")).to_contain_text("17 sessions were restored")


def import_by_dropping(user: BrowserUser, paths: list[Path]) -> None:
    for path in paths:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("a.wav", path.name)
    other_tab = user.open_tab()
    other_tab.open("/sessions/")
    expect_count(other_tab.page, "17 sessions")
    user.open("/sessions/")
    user.drop(*paths, on="h1")
    dialog = user.page.get_by_role("dialog", name="Import")
    expect(dialog).to_contain_text("2 ZIPs")
    expect(dialog.get_by_role("listitem")).to_have_text([path.name for path in paths])
    dialog.get_by_role("button", name="Import", exact=True).click()
    expect(user.page.get_by_role("heading", level=1)).to_have_text("Jobs")
    for path in paths:
        expect(user.page.get_by_role("main").get_by_role("link", name=path.stem)).to_be_visible()
    expect_count(other_tab.page, "19 sessions")
    assert other_tab.errors == []
