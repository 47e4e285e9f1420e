"""A portal in processes of its own, as ``make run`` starts it, for all tests of this folder; people of its own for each."""

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
from tests.services.browser import new_context
from tests.services.processes import Service
from tests.services.stacks import Stack

READY = re.compile(r"The portal is ready: (http://127\.0\.0\.1:\d+)/")


@dataclass(frozen=True)
class Portal:
    address: str
    controller: Controller

    @contextmanager
    def browser_user(self, browser: Browser, name: str, **options: Any) -> Iterator[BrowserUser]:
        """Somebody with an account, nothing in it, and a browser of their own, which has seen nothing yet."""
        account = self.controller.call("create_user", name=name, is_operator=True)
        with new_context(browser, **options) as context:
            yield BrowserUser.with_browser(context, self.address, self.controller, account)


@contextmanager
def running_portal(environment: dict[str, str]) -> Iterator[Portal]:
    """Start a portal where nobody has an account and nothing is there."""
    # Static files were collected by the test session already.
    environment = {**environment, "STATIC_ROOT": str(settings.STATIC_ROOT)}
    data = Path(environment["DATA_DIR"])
    (data / "demo.json").write_text(json.dumps({"made": True}))
    log = data / "portal.log"
    # Port 0 is any that is free; it says which one it was given.
    command = [sys.executable, "manage.py", "run", "--port", "0"]
    service = Service("portal", command, log=log, environment=environment)
    try:
        # It starts meanwhile, and needs no tables before it is asked.
        with running_controller(environment) as controller:
            service.wait_until(lambda: READY.search(log.read_text(encoding="utf-8")) is not None, timeout=90)
            ready = READY.search(log.read_text(encoding="utf-8"))
            assert ready is not None
            yield Portal(ready[1], controller)
    finally:
        service.stop()


@pytest.fixture(scope="session")
def portal(stack: Stack) -> Iterator[Portal]:
    with stack.fresh() as environment, running_portal(environment) as portal:
        yield portal


@pytest.fixture
def make_user(portal: Portal, browser: Browser) -> Iterator[Callable[..., BrowserUser]]:
    """Make people who are not signed in yet: ``make_user("bob", color_scheme="dark")``. No two tests have one in common."""
    with ExitStack() as browsers:
        yield lambda name, **options: browsers.enter_context(portal.browser_user(browser, name, **options))


@pytest.fixture
def make_signed_in_user(make_user: Callable[..., BrowserUser]) -> Callable[..., BrowserUser]:
    """Likewise people who are signed in, without the form where that is not what is tested."""

    def make(name: str, **options: Any) -> BrowserUser:
        person = make_user(name, **options)
        person.add_login_cookie()
        return person

    return make


@pytest.fixture
def bob(make_signed_in_user: Callable[..., BrowserUser]) -> BrowserUser:
    """Bob, who is signed in and has nothing yet."""
    return make_signed_in_user("bob")
