"""Changes of a page that the page itself records: a test may look too late at what is shown for a moment."""

from __future__ import annotations

from playwright.sync_api import BrowserContext, Locator, Page

RECORD_TEXTS = """(element) => {
  window.recordedTexts = [];
  const record = () => recordedTexts.push(element.textContent.trim());
  new MutationObserver(record).observe(element, { childList: true, characterData: true, subtree: true });
}"""
TAKE_TURN = "navigator.locks.request('seen-jobs', () => {})"
"""Resolves when the tab has shown the notices of its last state."""
KEEP_NOTICES = """
{
  const { setTimeout } = window;
  const SHOWN = 15_000; // of toasts.js
  window.setTimeout = (act, delay, ...rest) => (delay === SHOWN ? 0 : setTimeout(act, delay, ...rest));
}
"""


def record_texts(element: Locator) -> None:
    """Record the texts that an element of the page has from now on."""
    element.evaluate(RECORD_TEXTS)


def wait_for_recorded_text(page: Page, text: str) -> None:
    """Wait until the element of `record_texts` has or has had a text."""
    page.wait_for_function("(text) => recordedTexts.includes(text)", arg=text)


def keep_notices(context: BrowserContext) -> None:
    """Show notices in pages that are opened from now on until they are closed."""
    context.add_init_script(KEEP_NOTICES)
