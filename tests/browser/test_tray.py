"""The tray of jobs on every page, notices, the title, and filters by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.browser.recorders import keep_notices
from tests.services.media import Media

TAKE_TURN = "navigator.locks.request('seen-jobs', () => {})"
"""Resolves when the tab has shown the notices of its last state."""

FOCUS_ALL = """() => [...document.querySelectorAll("main :is(a, summary, button:enabled), footer a")].filter((element) => {
  if (!element.checkVisibility()) return false;
  scrollTo(0, 0);
  element.focus();
  const { left, top, width, height } = element.getBoundingClientRect();
  const seen = document.elementFromPoint(left + width / 2, top + height / 2);
  return !element.contains(seen);
}).map((element) => element.textContent.trim())"""
"""Texts of the controls that are covered when they have the focus."""


def test_a_job_is_followed_on_every_page_and_its_end_is_reported_in_one_tab(bob: BrowserUser):
    job = bob.controller.call("create_running_job", owner=bob.name, name="talk", done=64, total=100)
    page = bob.page
    keep_notices(page.context)
    bob.open("/sessions/")
    expect(page.get_by_text("1 job, 64 %")).to_be_visible()
    expect(page).to_have_title(re.compile("^64 % Saving talk · Sessions"))
    page.locator("[data-tray] > summary").focus()
    page.keyboard.press("Enter")
    item = page.get_by_role("listitem").filter(has_text="Saving talk")
    expect(item.get_by_role("progressbar", name="Saving talk")).to_be_visible()
    item.get_by_role("button", name="Cancel: Saving talk").press("Enter")
    expect(item).to_contain_text("Cancelling …")
    expect(item.get_by_role("link").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(item).to_be_hidden()

    tabs = [bob, bob.open_tab()]
    tabs[1].open("/imports/")
    bob.controller.call("fail_job", job=job, message="The storage is full.")
    for tab in tabs:
        tab.focus_tab()
        ended = tab.page.locator(".tray-item").filter(has_text="The storage is full.")
        expect(ended).to_be_attached()
        tab.page.evaluate(TAKE_TURN)
    shown = [tab for tab in tabs if tab.page.get_by_text("Save failed").filter(visible=True).count()]
    assert len(shown) == 1
    reporting = shown[0].page
    notice = reporting.get_by_role("status").filter(has_text="Save failed")
    expect(notice).to_contain_text("Save of talk")
    expect(notice).to_contain_text("The storage is full.")
    expect(reporting).not_to_have_title(re.compile("%"))
    # What gets the focus is above the notice, on a phone as well.
    reporting.set_viewport_size({"width": 390, "height": 480})
    assert reporting.evaluate(FOCUS_ALL) == []
    notice.get_by_role("button", name="Close notice: Save failed").click()

    reporting.reload()
    expect(reporting.locator(".tray-item")).to_have_count(1)
    reporting.evaluate(TAKE_TURN)
    expect(reporting.locator(".toast")).to_have_count(0)
    assert bob.errors == []


@pytest.mark.variant
def test_a_failed_job_is_tried_again_from_the_tray(bob: BrowserUser, media: Media):
    page = bob.page
    bob.open("/sessions/new/")
    bob.choose("files", media.voices[0])
    page.get_by_role("button", name="Save session").click()
    bob.wait_for_version(1)
    session = page.url.rstrip("/").rpartition("/")[2]
    bob.controller.call("create_failed_export", session=session, message="The storage is full.")
    page.reload()
    page.locator("[data-tray] > summary").click()
    failed = page.locator(".tray-item").filter(has_text="The storage is full.")
    failed.get_by_role("button", name="Try again").click()

    expect(page.locator(".tray-item").get_by_role("link", name="Download")).to_be_visible()
    expect(failed).to_have_count(0)
    assert bob.errors == []


def test_a_filter_applies_when_its_button_is_pressed_and_keeps_the_focus(bob: BrowserUser):
    page = bob.page
    bob.open("/jobs/")
    page.get_by_label("State").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("State")).to_have_value("failed")
    expect(page).to_have_url(f"{bob.address}/jobs/")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{bob.address}/jobs/?state=failed&kind=")
    expect(page.get_by_role("button", name="Show", exact=True)).to_be_focused()
    expect(page.get_by_role("heading", name="No such jobs")).to_be_visible()
