"""A real Chromium, driven by Playwright.

Playwright's synchronous API keeps an asyncio loop in this thread, in which Django refuses database work: a test that takes
``browser`` talks to a portal in other processes and leaves the ORM alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.services import chromium

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


TIMEOUT = 15_000
"""In milliseconds, of whatever a page is waited for: Playwright's own 5 s is short where other tests use the machine too."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = chromium.find()
    if found is None:
        pytest.skip("no Chromium runs here: set CHROMIUM, install chromium, or let `make test` bring one")
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=found.program,
            args=FLAGS,
            env={**os.environ, **found.environment},
        )
        yield running
        running.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """A person's browser of its own: no cookies, nothing cached."""
    usual = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"}
    context = browser.new_context(**{**usual, **options})
    context.set_default_timeout(TIMEOUT)
    return context


@pytest.fixture
def browser_context(browser: Browser) -> Iterator[BrowserContext]:
    context = new_context(browser)
    yield context
    context.close()


@pytest.fixture
def page(browser_context: BrowserContext) -> Page:
    return browser_context.new_page()
