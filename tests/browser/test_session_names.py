"""Names of sessions in a browser: checked while they are typed, changed on a page of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.browser_user import BrowserUser

pytestmark = [pytest.mark.slow, pytest.mark.one_stack]


@pytest.mark.parametrize("width", [1440, pytest.param(390, marks=pytest.mark.variant)])
def test_a_name_is_checked_while_it_is_typed(make_signed_in_user: Callable[..., BrowserUser], width: int):
    erin = make_signed_in_user("erin")
    page = erin.page
    page.set_viewport_size({"width": width, "height": 900})
    for name in ("Talk", "Other"):
        erin.open("/sessions/new/")
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Create empty session").click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)

    page.get_by_role("link", name="Rename").click()
    field = page.get_by_label("Name", exact=True)
    expect(field).to_have_value("Other")
    field.fill("TALK")
    expect(page.get_by_text("There is already a session “TALK”. “TALK_2” is free.")).to_be_visible()
    page.get_by_role("button", name="Use it").click()
    expect(field).to_have_value("TALK_2")
    expect(page.locator("#name-error")).to_be_hidden()
    field.fill("Part 1/2: “é”?")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Part 1/2: “é”?")
    expect(page.get_by_text("“Other” was renamed to “Part 1/2: “é”?”.")).to_be_visible()


def test_a_long_name_has_the_whole_width_above_the_actions(
    make_signed_in_user: Callable[..., BrowserUser], tmp_path: Path
):
    fay = make_signed_in_user("fay")
    page = fay.page
    page.set_viewport_size({"width": 1024, "height": 800})
    (tmp_path / "a.txt").write_text("a")
    fay.open("/sessions/new/")
    page.get_by_label("Name", exact=True).fill("w" * 107)
    fay.choose("files", tmp_path / "a.txt")
    page.get_by_role("button", name="Save session").click()
    fay.wait_for_version(1)

    title, rename, actions = (
        page.locator(selector).bounding_box() for selector in ("#session-name", "#rename", ".session-actions")
    )

    assert title is not None
    assert rename is not None
    assert actions is not None
    assert title["width"] > 1024 * 0.75
    assert title["y"] + title["height"] <= actions["y"]
    assert rename["y"] + rename["height"] / 2 < title["y"] + 40  # beside the first line
