"""Hebrew and Arabic lines read from right to left, their times from left to right: transcript page, panel, captions."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TypedDict

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.browser_user import BrowserUser
from tests.browser.player_media import make_subtitled_video

HEBREW = ["ברוכים הבאים לקורס.", "היום נסתכל על נהרות, 3 מהם.", "Danube הוא נהר ארוך."]
ARABIC = ["مرحبا بكم في الدورة.", "اليوم ننظر إلى 3 أنهار.", "Danube نهر طويل جدا."]
"""The last lines begin with a name in Latin letters: their language decides on the direction."""
READ = """(element) => {
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    const words = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode())
        for (const match of node.data.matchAll(/[\\p{L}\\p{M}\\d]+|[^\\s\\p{L}\\p{M}\\d]/gu)) {
            const range = document.createRange();
            range.setStart(node, match.index);
            range.setEnd(node, match.index + match[0].length);
            const { left, right, top, height } = range.getBoundingClientRect();
            if (height) words.push({ text: match[0], middle: (left + right) / 2, top });
        }
    return { direction: getComputedStyle(element).direction, words };
}"""
"""Words and signs with their places, in the order of the text."""


class Word(TypedDict):
    text: str
    middle: float
    top: float


def read(element: Locator) -> tuple[str, list[str]]:
    """Return the direction of an element, and its words as they stand in the line, from the left."""
    expect(element).to_be_visible()
    found = element.evaluate(READ)
    words: list[Word] = found["words"]
    assert len({round(word["top"]) for word in words}) == 1, "the text has several lines"
    return found["direction"], [word["text"] for word in sorted(words, key=lambda word: word["middle"])]


def check_line(element: Locator, text: str) -> None:
    """Check that a line is read from the right: its first word is there, and its full stop at the left."""
    direction, words = read(element)
    expected = re.findall(r"\w+|[^\s\w]", text)
    assert (direction, words) == ("rtl", expected[::-1])


def check_time(element: Locator, text: str) -> None:
    direction, words = read(element)
    assert (direction, "".join(words)) == ("ltr", text)


def open_session(user: BrowserUser, project: Path) -> Page:
    page = user.page
    user.open("/sessions/new/")
    user.choose("folder", project)
    page.get_by_role("button", name="Save session").click()
    user.wait_for_version(1)
    expect(page.locator("#player[data-ready]")).to_be_visible()
    expect(page.locator("#player-lines li[data-line]")).to_have_count(3, timeout=60_000)
    return page


@pytest.mark.variant
def test_lines_are_read_from_right_to_left_and_times_from_left_to_right(bob: BrowserUser, tmp_path: Path):
    texts = {"he": HEBREW, "ar": ARABIC}
    page = open_session(bob, make_subtitled_video(tmp_path, texts, source="he", seconds=12))

    check_panel(page)
    check_captions(page)
    check_transcript(page)
    assert bob.errors == []


def check_panel(page: Page) -> None:
    lines = page.locator("#player-lines li[data-line]")
    for number, text in enumerate(HEBREW):
        check_line(lines.nth(number).locator("p[lang=he]"), text)
        check_time(lines.nth(number).locator(".player-line-time"), f"0:0{number * 3 + 1}.0")


def check_captions(page: Page) -> None:
    captions = page.locator("#player .player-captions p")
    choice = page.locator("#player [data-ref=captions-choice]")
    for language, texts in (("he", HEBREW), ("ar", ARABIC)):
        value = choice.locator("option").filter(has_text=f"({language})").get_attribute("value")
        choice.evaluate(
            "(select, value) => { select.value = value; select.dispatchEvent(new Event('change')); }", value
        )
        for number in (0, 2):
            page.evaluate("(time) => document.getElementById('player').player.seek(time)", number * 3 + 2)
            expect(captions).to_have_text(texts[number])
            check_line(captions, texts[number])
    check_time(page.locator("#player [data-ref=time]"), "0:08")


def check_transcript(page: Page) -> None:
    page.get_by_role("link", name="Open transcript").click()
    expect(page.get_by_role("columnheader")).to_have_count(3)
    rows = page.locator("table.transcript tbody tr")
    for number, (hebrew, arabic) in enumerate(zip(HEBREW, ARABIC, strict=True)):
        check_line(rows.nth(number).locator("p[lang=he]"), hebrew)
        check_line(rows.nth(number).locator("p[lang=ar]"), arabic)
        check_time(rows.nth(number).get_by_role("rowheader"), f"0:0{number * 3 + 1}.0")
