"""The tray of jobs on every page, notices, the title, and filters by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser
from tests.browser.recorders import TAKE_TURN, keep_notices
from tests.services.media import Media

FOOTER_TOP = "document.querySelector('.footer').offsetTop"
FOCUS_ALL = """() => [...document.querySelectorAll("main :is(a, summary, button:enabled), footer a")].filter((element) => {
  if (!element.checkVisibility()) return false;
  scrollTo(0, 0);
  element.focus();
  const { left, top, width, height } = element.getBoundingClientRect();
  const seen = document.elementFromPoint(left + width / 2, top + height / 2);
  return !element.contains(seen);
}).map((element) => element.textContent.trim())"""
"""Texts of the controls that are covered when they have the focus."""


def save_session(user: BrowserUser, media: Media) -> str:
    """Save a new session with one file; return its code."""
    user.open("/sessions/new/")
    user.choose("files", media.voices[0])
    user.page.get_by_role("button", name="Save session").click()
    user.wait_for_version(1)
    return user.page.url.rstrip("/").rpartition("/")[2]


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
    footers = [tab.page.evaluate(FOOTER_TOP) for tab in tabs]
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
    assert reporting.evaluate(FOOTER_TOP) == footers[tabs.index(shown[0])]
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
    session = save_session(bob, media)
    bob.controller.call("create_failed_export", session=session, message="The storage is full.")
    page.reload()
    page.locator("[data-tray] > summary").click()
    failed = page.locator(".tray-item").filter(has_text="The storage is full.")
    failed.get_by_role("button", name="Try again").click()

    expect(page.locator(".tray-item").get_by_role("link", name="Download")).to_be_visible()
    expect(failed).to_have_count(0)
    assert bob.errors == []


def test_pages_of_a_job_follow_a_retry_from_the_tray(bob: BrowserUser, media: Media):
    page = bob.page
    session = save_session(bob, media)
    job = bob.controller.call("create_failed_export", session=session, message="The storage is full.")
    bob.open(f"/sessions/{session}/versions/1/export/new/?job={job}")
    other = bob.open_tab()
    other.open(f"/jobs/{job}/")
    stale = bob.open_tab()
    stale.page.add_init_script("window.fetch = () => new Promise(() => {})")
    stale.open(f"/jobs/{job}/")
    history = bob.open_tab()
    history.open("/jobs/")
    for tab in (bob, other, history):
        tab.page.evaluate("window.isSamePage = true")
    cards = [tab.page.locator("#job") for tab in (bob, other)]
    for card in cards:
        expect(card.get_by_role("button", name="Try again")).to_be_visible()

    bob.focus_tab()
    page.locator("[data-tray] > summary").click()
    page.locator(".tray-item").get_by_role("button", name="Try again").click()

    expect(cards[0].get_by_role("link", name="Download")).to_be_visible()
    for tab in (other, history):
        tab.page.evaluate(
            "document.dispatchEvent(new CustomEvent('live:check'))"
        )  # without waiting for the next poll
    other.focus_tab()
    expect(cards[1].get_by_role("link", name="Download")).to_be_visible()
    history.focus_tab()
    expect(history.page.locator(f'[data-job="{job}"]').get_by_text("Done", exact=True)).to_be_visible()
    for tab in (bob, other, history):
        tab.page.evaluate(TAKE_TURN)
        assert tab.page.evaluate("window.isSamePage")
        expect(tab.page.locator(".toast")).to_have_count(0)  # each page shows the end itself

    stale.focus_tab()
    stale.page.get_by_role("button", name="Try again").click()
    expect(stale.page.locator("#job").get_by_role("link", name="Download")).to_be_visible()
    expect(stale.page.locator(".message")).to_have_count(0)
    assert bob.errors == []


def test_an_export_is_cancelled_where_its_card_is_shown(bob: BrowserUser, media: Media):
    page = bob.page
    session = save_session(bob, media)
    job = bob.controller.call("create_running_export", session=session)
    bob.open(f"/sessions/{session}/versions/1/export/new/?job={job}")
    card, form = page.locator("#job"), page.locator("#export")
    expect(card).to_contain_text("Running 0 %")
    expect(card).not_to_contain_text("0 B")
    cancel = page.locator("main").get_by_role("button", name="Cancel", exact=True)
    bottom = cancel.evaluate("(button) => button.getBoundingClientRect().bottom")
    assert form.evaluate("(form) => form.getBoundingClientRect().top") >= bottom + 12

    cancel.click()
    expect(page).to_have_url(re.compile(f"/export/new/[?]job={job}"))
    expect(page.locator("main").get_by_role("button", name="Cancelling …")).to_be_disabled()
    bob.controller.call("fail_job", job=job, message="The storage is full.")
    expect(card.get_by_role("button", name="Try again")).to_be_visible()
    expect(page.locator("[data-while-running]")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_have_text("Export version 1")
    assert bob.errors == []


def test_a_save_of_the_user_has_one_notice(bob: BrowserUser, media: Media):
    keep_notices(bob.page.context)
    page = bob.page
    save_session(bob, media)
    page.reload()
    address = page.url.removeprefix(bob.address)
    other = bob.open_tab()
    other.open(f"{address}save/")
    other.choose("files", media.voices[1])
    other.page.get_by_role("button", name="Save new version").click()
    other.wait_for_version(2)

    bob.focus_tab()
    expect(page.locator(".timeline > li")).to_have_count(2)
    page.evaluate(TAKE_TURN)
    expect(page.locator("#toasts")).not_to_contain_text("Version 2 by")
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
    expect(page.get_by_role("heading", name="No job matches the filter")).to_be_visible()
