"""What the player shows of previews, made by a real worker for media: waveform with zoom, pictures at the pointer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.browser_user import BrowserUser
from tests.browser.conftest import running_portal
from tests.browser.player_media import make_dub, make_other_picture, make_unplayable_video
from tests.services.stacks import Stack
from tests.services.waits import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.variant]

SECONDS = 40


@pytest.fixture
def bob(stack: Stack, browser: Browser) -> Iterator[BrowserUser]:
    """Bob, in a portal with a worker for media."""
    with (
        stack.fresh(migrated=True) as environment,
        running_portal(environment, media_processes=1) as portal,
        portal.browser_user(browser, "bob") as user,
    ):
        user.add_login_cookie()
        yield user


def save(user: BrowserUser, path: str, folder: Path, version: int) -> str:
    """Save a folder; return the address of its session."""
    user.page.goto(path)
    user.choose("folder", folder)
    button = "Save session" if version == 1 else "Save new version"
    user.page.get_by_role("button", name=button).click()
    user.wait_for_version(version)
    return user.page.url.partition("?")[0]


def zoom_by_buttons_and_keys(page: Page) -> None:
    player = page.get_by_role("region", name="Player")
    position = player.get_by_role("slider", name="Position")
    status = player.get_by_role("status")
    enlarge, reduce = (player.get_by_role("button", name=f"Zoom {way}") for way in ("in", "out"))
    expect(position).to_have_class(re.compile("has-wave"))
    expect(reduce).to_have_attribute("aria-disabled", "true")

    # At 10 s, a click in the middle of the enlarged bar is no longer at 20 s of 40.
    page.evaluate("document.getElementById('player').player.seek(10)")
    enlarge.click()
    expect(status).to_have_text("Waveform enlarged 2 times")
    page.keyboard.press("+")
    expect(status).to_have_text("Waveform enlarged 4 times")
    click_at(position, 0.5)
    expect(position).to_have_attribute("aria-valuenow", re.compile(r"^1[0-5]\.\d$"))

    for _ in range(4):
        page.keyboard.press("+")
    expect(enlarge).to_have_attribute("aria-disabled", "true")
    expect(status).to_have_text("Waveform enlarged 8 times")
    page.keyboard.press("-")
    expect(status).to_have_text("Waveform enlarged 4 times")
    page.keyboard.press("0")
    expect(reduce).to_have_attribute("aria-disabled", "true")
    click_at(position, 0.5)
    expect(position).to_have_attribute("aria-valuenow", re.compile(r"^(19|20)\.\d$"))


def click_at(bar: Locator, fraction: float) -> None:
    box = bar.bounding_box()
    assert box is not None
    bar.click(position={"x": box["width"] * fraction, "y": box["height"] / 2})


def point_at_pictures(page: Page, bar: Locator) -> None:
    """Move the pointer over the timeline: the picture of that time is shown."""
    places = []
    picture = page.locator("[data-ref=pointer-picture]")
    for fraction in (0.1, 0.9):
        box = bar.bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] * fraction, box["y"] + box["height"] / 2)
        expect(picture).to_be_visible()
        places.append(picture.evaluate("element => element.style.backgroundPosition"))
    assert "strip-" in picture.evaluate("element => element.style.backgroundImage")
    assert places[0] != places[1]


def has_strip(page: Page, pictures: str) -> bool:
    """Open the page of two versions; return whether the pictures of its timeline are made."""
    page.goto(pictures)
    return page.locator("#pictures-strip").text_content() != "null"


def test_previews_are_shown_at_the_timeline(bob: BrowserUser, tmp_path: Path):
    project = make_dub(tmp_path, seconds=SECONDS, longer=1.5)
    page = bob.page
    session = save(bob, f"{bob.address}/sessions/new/", project, 1)
    zoom_by_buttons_and_keys(page)
    page.wait_for_function("() => document.getElementById('player').player.stage.file.strip")
    point_at_pictures(page, page.get_by_role("slider", name="Position"))

    save(bob, f"{session}save/", make_other_picture(project, seconds=SECONDS), 2)
    wait_until(lambda: has_strip(page, f"{session}compare/pictures/?from=1&to=2"), interval=1)
    expect(page.locator("#pictures[data-ready]")).to_be_visible()
    point_at_pictures(page, page.get_by_role("slider", name="Position"))
    assert bob.errors == []


def test_a_light_copy_is_played_as_soon_as_it_is_made(bob: BrowserUser, tmp_path: Path):
    project = make_unplayable_video(tmp_path / "talk", seconds=30)
    session = save(bob, f"{bob.address}/sessions/new/", project, 1)
    player = bob.page.get_by_role("region", name="Player")

    player.get_by_role("button", name="Play", exact=True).last.click()

    bob.page.wait_for_function("() => document.querySelector('.player-picture').currentTime > 0.2")
    assert "proxy" in bob.page.locator(".player-picture").evaluate("picture => picture.currentSrc")

    # A player that was not used follows a version that is saved elsewhere.
    bob.page.reload()
    expect(bob.page.locator("#player[data-ready]")).to_be_visible()
    save(bob.open_tab(), f"{session}save/", make_other_picture(project, seconds=SECONDS), 2)
    bob.page.wait_for_function(
        "() => document.getElementById('player')?.player?.data.mediaUrl.includes('/versions/2/')"
    )
    expect(bob.page.locator("#update-notice")).not_to_contain_text("still has")
    assert bob.errors == []
