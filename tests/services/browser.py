"""Fixtures for Chromium, driven by Playwright.

Playwright's synchronous API runs an asyncio loop in this thread, in which Django refuses database queries: tests that use
``browser`` need a portal in other processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.services import chromium
from tests.services.waits import LIMIT

FLAGS = [
    "--headless",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # pages must need no other host
    "--no-sandbox",
    "--disable-gpu",
    "--in-process-gpu",  # drawing in a process of its own takes a tenth more CPU
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


TIMEOUT = LIMIT * 1000
"""Milliseconds for any wait on a page. It is also more than a notice is shown (15 s), which may cover a part of a small page."""


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = chromium.find()
    if program is None:
        pytest.skip(
            "no Chromium runs here: set CHROMIUM, install chromium, or run `make test`, which downloads one"
        )
    expect.set_options(timeout=TIMEOUT)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=program.program,
            args=FLAGS,
            timeout=TIMEOUT,
            env={**os.environ, **program.environment},
        )
        yield running
        running.close()


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Return a browser profile without cookies or cache."""
    defaults = {"viewport": {"width": 1280, "height": 900}, "locale": "en-GB", "reduced_motion": "reduce"}
    context = browser.new_context(**{**defaults, **options})
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
