"""The search box of every page: results as one types, by keyboard, by mouse and without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser

pytestmark = [pytest.mark.slow, pytest.mark.one_stack]


def create_session(user: BrowserUser, name: str) -> None:
    user.open("/sessions/new/")
    user.page.get_by_label("Name", exact=True).fill(name)
    user.page.get_by_role("button", name="Create empty session").click()
    expect(user.page.get_by_role("heading", name="This session has no version yet")).to_be_visible()


def test_results_as_one_types(bob: BrowserUser):
    create_session(bob, "東京 conférence")
    create_session(bob, "Conference in Pune")
    page = bob.page
    bob.open("/jobs/")
    box = page.get_by_role("combobox", name="Search in sessions, files and texts")
    page.keyboard.press("/")
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-expanded", "false")

    page.keyboard.insert_text("conf")  # at once: results of a part of it would replace the options later

    options = page.get_by_role("listbox", name="Results").get_by_role("option")
    expect(options).to_have_count(3)
    expect(page.get_by_role("search").get_by_role("status")).to_have_text("2 sessions found")
    expect(options.locator("mark").first).to_have_text("Conference")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(box).to_have_attribute("aria-activedescendant", "suggestion-2")
    page.keyboard.press("Escape")
    expect(options.first).to_be_hidden()
    expect(box).to_have_value("conf")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Results for “conf”")).to_be_visible()
    expect(page.get_by_role("region")).to_have_count(2)
    box.fill("東京")
    options.first.click()
    expect(page.get_by_role("heading", name="東京 conférence")).to_be_visible()
    box.fill("nothing like it")
    expect(page.get_by_role("search").get_by_role("status")).to_have_text("Nothing found")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Nothing found")).to_be_visible()
    assert bob.errors == []


def test_the_box_is_a_form_without_javascript(make_signed_in_user: Callable[..., BrowserUser]):
    erin = make_signed_in_user("erin", java_script_enabled=False)
    create_session(erin, "Conference in Pune")
    erin.page.get_by_label("Search in sessions, files and texts").fill("pune")
    erin.page.keyboard.press("Enter")
    expect(erin.page.get_by_role("link", name="Conference in Pune")).to_be_visible()
    expect(erin.page).to_have_url(re.compile(r"/search/\?q=pune$"))
