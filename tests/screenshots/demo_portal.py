"""A portal with the demo session, and a browser, for pictures of pages."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.services import chromium
from tests.services.browser import FLAGS
from tests.services.processes import Service

READY = re.compile(r"The portal is ready: (\S+?)/\n")
PASSWORD = re.compile(r"Sign in as demo with the password (\S+)")
SESSION = re.compile(r"/sessions/[0-9a-f-]{36}/")
MEDIA_TIMEOUT = 120_000
"""Milliseconds for reading the demo session's media."""


@dataclass(frozen=True)
class DemoPortal:
    address: str
    password: str

    def sign_in(self, page: Page) -> str:
        """Sign in, and wait for the demo session's player; return the path of the session."""
        page.goto(f"{self.address}/accounts/login/")
        page.get_by_label("User name or e-mail").fill("demo")
        page.get_by_label("Password", exact=True).fill(self.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("navigation", name="Main")).to_be_visible()
        links = page.locator("main a[href]").evaluate_all("links => links.map((a) => a.getAttribute('href'))")
        session = next(path for path in links if SESSION.fullmatch(path))
        page.goto(self.address + session)
        expect(page.locator("main video").first).to_be_attached(timeout=MEDIA_TIMEOUT)
        return str(session)


@contextmanager
def running_portal() -> Iterator[DemoPortal]:
    """Start a portal with the demo session."""
    with tempfile.TemporaryDirectory(prefix="dubbing-demo-") as folder:
        log = Path(folder) / "portal.log"
        command = [sys.executable, "manage.py", "run", "--port", "0"]
        service = Service("portal", command, log=log, environment={"DATA_DIR": folder})
        try:
            service.wait_until(lambda: "Ctrl-C" in log.read_text(encoding="utf-8"), timeout=180)
            text = log.read_text(encoding="utf-8")
            address, password = READY.search(text), PASSWORD.search(text)
            assert address is not None, text
            assert password is not None, text
            yield DemoPortal(address[1], password[1])
        finally:
            service.stop()


@contextmanager
def running_browser() -> Iterator[Browser]:
    """Start Chromium; end the program if none runs here."""
    program = chromium.find()
    if program is None:
        sys.exit("No Chromium runs here: run scripts/browser.")
    environment: dict[str, str | float | bool] = {**os.environ, **program.environment}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program.program, args=FLAGS, env=environment)
        try:
            yield browser
        finally:
            browser.close()
