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


@pytest.mark.slow
def test_the_api_page_documents_operations_and_sends_requests(make_signed_in_user):
    alice = make_signed_in_user("alice")
    page = alice.page
    alice.open("/api/v1/docs")
    expect(page.locator("#operations-accounts-get_me")).to_be_visible(timeout=20_000)
    for width, scheme in product((1280, 390), ("light", "dark")):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(OVERFLOW) <= 0, f"wider than {width} pixels"
    assert page.locator("h1").count() == 1

    page.locator("#operations-accounts-get_me").get_by_role("button").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()

    expect(page.locator(".live-responses-table")).to_contain_text(f'"name": "{alice.name}"')
    page.locator("#operations-sessions-list_sessions").get_by_role("button").first.click()
    expect(page.get_by_label("order")).to_be_visible()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert page_checks.find_violations(page) == []
    assert alice.errors == []
