"""What a browser does when the server has lost what had arrived."""

from __future__ import annotations

import json
from pathlib import Path

from playwright.sync_api import BrowserContext, Route, expect

from tests.browser.conftest import Portal
from tests.browser.person import Person
from tests.services.media import Media


def test_what_a_power_cut_took_is_sent_again(
    portal: Portal, browser_context: BrowserContext, media: Media, work_folder: Path
):
    bob = Person.with_browser(browser_context, portal.address)
    bob.open("/")
    bob.sign_in("bob")
    bob.open("/sessions/new/")
    bob.page.get_by_label("Name", exact=True).fill("after the power cut")
    bob.choose("files", media.video)
    sent: list[str] = []
    bob.page.on("request", lambda request: sent.append(request.url) if request.method == "PUT" else None)
    told = {
        "code": "upload_incomplete",
        "message": "Parts of “conference-talk.mp4” were lost. Send them again.",
    }

    def lose(route: Route) -> None:
        route.fulfill(status=400, content_type="application/json", body=json.dumps(told))

    bob.page.route("**/uploads/complete/", lose, times=1)
    bob.page.get_by_role("button", name="Save session").click()
    expect(bob.page.get_by_text("Parts of “conference-talk.mp4” were lost.")).to_be_visible()
    assert len(sent) == 1

    bob.page.locator("[data-part='submit']").click()
    bob.wait_for_job("Saved as version 1")

    assert len(sent) == 2
    assert sent[0] == sent[1]
