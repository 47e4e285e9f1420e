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

from tests.browser.person import Person
from tests.journeys.desk import Desk, running_desk
from tests.services.browser import new_context
from tests.services.processes import Service
from tests.services.stacks import Stack

READY = re.compile(r"The portal is ready: (http://127\.0\.0\.1:\d+)/")


@dataclass(frozen=True)
class Portal:
    address: str
    desk: Desk

    @contextmanager
    def visitor(self, browser: Browser, name: str, **options: Any) -> Iterator[Person]:
        """Somebody with an account, nothing in it, and a browser of their own, which has seen nothing yet."""
        account = self.desk.ask("newcomer", name=name, is_operator=True)
        with new_context(browser, **options) as context:
            yield Person.with_browser(context, self.address, self.desk, account)


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
        with running_desk(environment) as desk:
            service.wait_until(lambda: READY.search(log.read_text(encoding="utf-8")) is not None, timeout=90)
            ready = READY.search(log.read_text(encoding="utf-8"))
            assert ready is not None
            yield Portal(ready[1], desk)
    finally:
        service.stop()


@pytest.fixture(scope="session")
def portal(stack: Stack) -> Iterator[Portal]:
    with stack.fresh() as environment, running_portal(environment) as portal:
        yield portal


@pytest.fixture
def visitor(portal: Portal, browser: Browser) -> Iterator[Callable[..., Person]]:
    """Make people who are not signed in yet: ``visitor("bob", color_scheme="dark")``. No two tests have one in common."""
    with ExitStack() as browsers:
        yield lambda name, **options: browsers.enter_context(portal.visitor(browser, name, **options))


@pytest.fixture
def newcomer(visitor: Callable[..., Person]) -> Callable[..., Person]:
    """Likewise people who are signed in, without the form where that is not what is tested."""

    def make(name: str, **options: Any) -> Person:
        person = visitor(name, **options)
        person.is_let_in()
        return person

    return make


@pytest.fixture
def bob(newcomer: Callable[..., Person]) -> Person:
    """Bob, who is signed in and has nothing yet."""
    return newcomer("bob")
