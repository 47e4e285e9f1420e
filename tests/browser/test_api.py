"""Access tokens, and the page that documents the API."""

from __future__ import annotations

import json
import urllib.request
from itertools import product

import pytest
from playwright.sync_api import expect

from tests.browser import page_checks
from tests.browser.recorders import record_texts, wait_for_recorded_text

OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_program_uses_a_token_until_it_is_revoked(make_signed_in_user):
    alice = make_signed_in_user("alice", viewport={"width": 390, "height": 844})
    page = alice.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=alice.address)
    alice.open("/sessions/")
    page.locator(".user-menu summary").click()
    page.get_by_role("link", name="Access tokens").click()
    page.get_by_label("Name").fill("the render farm")
    page.get_by_label("Scope").select_option("Read")
    page.get_by_role("button", name="Create token").click()
    expect(page.get_by_role("heading", name="Token created")).to_be_visible()
    assert page.evaluate(OVERFLOW) <= 0
    copy = page.get_by_role("button", name="Copy")
    record_texts(copy)
    copy.click()
    wait_for_recorded_text(page, "Copied")
    secret = page.evaluate("navigator.clipboard.readText()")

    request = urllib.request.Request(
        f"{alice.address}/api/v1/me", headers={"Authorization": f"Bearer {secret}"}
    )
    with urllib.request.urlopen(request) as response:
        assert json.load(response)["token"]["name"] == "the render farm"

    alice.open("/account/tokens/")
    row = page.get_by_role("listitem").filter(has_text="the render farm")
    expect(row).to_contain_text("last used")
    assert secret not in page.content()
    row.get_by_role("button", name="Revoke").click()
    expect(page.locator(".message")).to_contain_text("“the render farm” was revoked.")
    expect(page.get_by_role("button", name="Revoke the render farm")).to_have_count(0)
    assert alice.errors == []


@pytest.mark.variant
@pytest.mark.slow
def test_the_api_page_documents_operations_and_sends_requests(make_signed_in_user):
    alice = make_signed_in_user("alice")
    page = alice.page
    alice.open("/api/v1/docs")
    expect(page.locator("#get_me")).to_be_visible()
    for width, scheme in product((1280, 390), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(OVERFLOW) <= 0, f"wider than {width} pixels"
    assert page.locator("h1").count() == 1

    me = page.locator("#get_me")
    me.locator("summary").click()
    me.get_by_role("button", name="Send request").click()
    expect(me.get_by_role("status")).to_contain_text("200")
    expect(me.get_by_role("status")).to_contain_text(f'"name": "{alice.name}"')

    created = page.locator("#create_session")
    created.locator("summary").click()
    created.get_by_label("Body").fill('{"name": "From the page"}')
    created.get_by_role("button", name="Send request").click()
    expect(created.get_by_role("status")).to_contain_text("201")

    listed = page.locator("#list_sessions")
    listed.locator("summary").click()
    listed.get_by_label("order").select_option("name")
    listed.get_by_label("limit").fill("1")
    listed.get_by_role("button", name="Send request").click()
    expect(listed.get_by_role("status")).to_contain_text("GET /api/v1/sessions?order=name&limit=1")
    expect(listed.get_by_role("status")).to_contain_text('"name": "From the page"')
    listed.get_by_label("limit").fill("none")
    listed.get_by_role("button", name="Send request").click()
    expect(listed.get_by_role("status")).to_contain_text("422")

    me.get_by_role("link", name="Problem").click()
    expect(page.locator("#type-Problem dl")).to_be_visible()
    page.emulate_media(color_scheme="light")
    assert page_checks.find_violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert page_checks.find_violations(page, page_checks.THEME_RULES) == []
    (reported,) = alice.errors
    assert "status of 422" in reported
