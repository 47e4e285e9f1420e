"""One portal for all tests of this folder, started as by ``make run``; new users for each test."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from tests.browser.browser_user import BrowserUser
from tests.journeys.controller import Controller, running_controller
from tests.journeys.portal import ONE_WEB_PROCESS
from tests.services.browser import new_context
from tests.services.processes import Service
from tests.services.stacks import Stack

RESOLUTION = 0.5
"""Pixels that are drawn per CSS pixel: at 1, drawing takes a quarter more of the browser's CPU."""
READY = re.compile(r"The portal is ready: (http://127\.0\.0\.1:\d+)/")


@dataclass(frozen=True)
class Portal:
    address: str
    controller: Controller

    @contextmanager
    def browser_user(self, browser: Browser, name: str, **options: Any) -> Iterator[BrowserUser]:
        """Yield a new user without sessions, in a new browser context."""
        account = self.controller.call("create_user", name=name, is_operator=True)
        options = {"device_scale_factor": RESOLUTION, **options}
        with new_context(browser, **options) as context:
            yield BrowserUser.with_browser(context, self.address, self.controller, account)


def find_address(log: Path) -> re.Match[str] | None:
    return READY.search(log.read_text(encoding="utf-8", errors="replace"))


@contextmanager
def running_portal(environment: dict[str, str], *, media_processes: int = 0) -> Iterator[Portal]:
    """Start an empty portal, without users.

    :param media_processes: for previews, and as many for light copies.
    """
    media = dict.fromkeys(("MEDIA_PROCESSES", "PROXY_PROCESSES"), str(media_processes))
    processes = ONE_WEB_PROCESS | media
    # Static files were collected by the test session already.
    environment = {**environment, **processes, "STATIC_ROOT": str(settings.STATIC_ROOT)}
    data = Path(environment["DATA_DIR"])
    (data / "demo.json").write_text(json.dumps({"made": True}))
    log = data / "portal.log"
    # Port 0: the system chooses one, which the log contains.
    command = [sys.executable, "manage.py", "run", "--port", "0"]
    service = Service("portal", command, log=log, environment=environment)
    try:
        # The controller starts in the meantime; it needs the tables only for its first call.
        with running_controller(environment) as controller:
            service.wait_until(lambda: find_address(log) is not None)
            ready = find_address(log)
            assert ready is not None
            yield Portal(ready[1], controller)
    finally:
        service.stop()


@pytest.fixture(scope="session")
def portal(stack: Stack) -> Iterator[Portal]:
    with stack.fresh(migrated=True) as environment, running_portal(environment) as portal:
        yield portal


@pytest.fixture
def make_user(portal: Portal, browser: Browser) -> Iterator[Callable[..., BrowserUser]]:
    """Create users who are not signed in: ``make_user("bob", color_scheme="dark")``. Tests share no users."""
    with ExitStack() as browsers:
        yield lambda name, **options: browsers.enter_context(portal.browser_user(browser, name, **options))


@pytest.fixture
def make_signed_in_user(make_user: Callable[..., BrowserUser]) -> Callable[..., BrowserUser]:
    """Create users who are signed in."""

    def make(name: str, **options: Any) -> BrowserUser:
        user = make_user(name, **options)
        user.add_login_cookie()
        return user

    return make


@pytest.fixture
def bob(make_signed_in_user: Callable[..., BrowserUser]) -> BrowserUser:
    """Bob, who is signed in and has no sessions."""
    return make_signed_in_user("bob")
