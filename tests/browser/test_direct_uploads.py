"""A browser sends parts directly to an object store, and plays from it, by addresses that the portal signed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.browser.browser_user import BrowserUser
from tests.browser.conftest import running_portal
from tests.services.media import Media
from tests.services.seaweedfs import running_seaweedfs
from tests.services.stacks import Stack

PART = 8 * 1024 * 1024


@pytest.mark.slow
@pytest.mark.variant
def test_parts_go_to_the_store_and_a_refresh_resumes_with_the_missing_ones(
    stack: Stack, browser: Browser, work_folder: Path, media: Media
):
    folder = work_folder / "talk"
    folder.mkdir()
    (folder / "talk.mp4").write_bytes(pad(media.video.read_bytes(), 3 * PART + 5))
    for number in range(50):
        (folder / f"hi_{number:02}.wav").write_bytes(os.urandom(2000))
    with (
        running_seaweedfs() as store,
        stack.fresh(migrated=True) as environment,
        running_portal(environment | store.environment() | {"S3_PREFIX": "browser"}) as portal,
        portal.browser_user(browser, "bob") as bob,
    ):
        bob.page.on("dialog", lambda dialog: dialog.accept())
        bob.add_login_cookie()
        for path in ("/sessions/new/", "/imports/"):
            response = bob.page.goto(portal.address + path)
            assert response is not None
            policy = str(response.header_value("content-security-policy"))
            assert f"connect-src 'self' {store.endpoint_url}" in policy
        response = bob.page.goto(f"{portal.address}/jobs/")
        assert response is not None
        assert store.endpoint_url not in str(response.header_value("content-security-policy"))
        sent: list[Request] = []
        signed: list[Request] = []

        def record(request: Request) -> None:
            if request.method == "PUT":
                sent.append(request)
            elif request.url.endswith("/uploads/sign"):
                signed.append(request)

        bob.page.on("request", record)
        bob.page.route("**/api/v1/uploads/complete", lambda route: route.abort())
        begin(bob, folder)
        expect(bob.page.get_by_text("The portal cannot be reached.")).to_be_visible()
        assert len(sent) == 4 + 1
        assert len(signed) == 1
        assert all(request.url.startswith(f"{store.endpoint_url}/") for request in sent)
        assert not any({"cookie", "x-csrftoken"} & set(request.all_headers()) for request in sent)
        bob.page.reload()
        bob.page.unroute("**/api/v1/uploads/complete")
        begin(bob, folder)
        bob.wait_for_version(1)
        assert len(sent) == 4 + 1
        play_from_the_store(bob, store.endpoint_url)
        assert [error for error in bob.errors if "Security Policy" in error] == []


def pad(film: bytes, size: int) -> bytes:
    """Return the MP4 with a box that players skip, of random bytes."""
    rest = size - len(film)
    return film + rest.to_bytes(4, "big") + b"free" + os.urandom(rest - 8)


def play_from_the_store(user: BrowserUser, store: str) -> None:
    """Play the film on the session's page; its bytes come from the store, with the CORS headers of its script."""
    pieces: list[tuple[str, int, str]] = []
    user.page.on(
        "response",
        lambda response: pieces.append(
            (
                response.url,
                response.status,
                response.headers.get("content-type", ""),
            )
        ),
    )
    user.page.reload()
    expect(user.page.locator("#player[data-ready]")).to_be_visible()
    user.page.locator("#player [data-ref=play]").click()
    user.page.wait_for_function(
        "() => document.getElementById('player').player.transport.picture.currentTime > 0.3"
    )

    assert (
        user.page.evaluate("document.getElementById('player').player.transport.picture.crossOrigin")
        == "anonymous"
    )
    from_store = [(status, kind) for url, status, kind in pieces if url.startswith(f"{store}/")]
    assert set(from_store) == {(206, "video/mp4")}
    assert {status for url, status, _ in pieces if url.startswith(user.address) and "talk.mp4" in url} == {
        302
    }


def begin(user: BrowserUser, folder: Path) -> None:
    user.open("/sessions/new/")
    user.page.get_by_label("Name", exact=True).fill("direct")
    user.choose("folder", folder)
    user.page.get_by_role("button", name="Save session").click()
