"""Client addresses behind trusted proxies, and with forged X-Forwarded-For headers."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import Client, RequestFactory

from sessions_app.api import rates
from sessions_app.http.addresses import client_address
from tests.integration.programs import ROOT
from tests.world import World

pytestmark = pytest.mark.either_stack

PROXY, INNER_PROXY = "10.0.0.1", "10.0.0.2"
ALICE, BOB = "192.0.2.1", "2001:db8::b"


@pytest.fixture
def trusted(settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/30")]


def get_address(peer: str, header: str | None = None) -> str:
    headers = {} if header is None else {"X-Forwarded-For": header}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("peer", "header", "expected"),
    [
        (ALICE, None, ALICE),
        (PROXY, ALICE, ALICE),
        (PROXY, f"  {BOB} ", BOB),
        (PROXY, f"{ALICE}, {INNER_PROXY}", ALICE),
        (f"::ffff:{PROXY}", f"::ffff:{ALICE}", ALICE),
        ("", ALICE, ALICE),  # a UNIX socket
        # No proxy, or one that sends no header.
        (PROXY, None, PROXY),
        (PROXY, "", PROXY),
        ("", None, "127.0.0.1"),
        # A request of the proxy itself.
        (PROXY, INNER_PROXY, INNER_PROXY),
    ],
)
def test_a_trusted_proxy_determines_the_address(peer: str, header: str | None, expected: str):
    assert get_address(peer, header) == expected


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "header", [BOB, f"{BOB}, {PROXY}", f"{PROXY}, {BOB}", PROXY, "127.0.0.1", "", "unknown"]
)
def test_a_header_of_another_peer_is_ignored(header: str):
    assert get_address(ALICE, header) == ALICE


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("header", [BOB, f"{BOB}, {PROXY}", "127.0.0.1", "unknown", ",", "\0"])
def test_a_header_of_a_client_behind_the_proxy_is_ignored(header: str):
    """The proxy appends the address of its peer."""
    assert get_address(PROXY, f"{header}, {ALICE}") == ALICE
    assert get_address(PROXY, f"{header},{ALICE},{INNER_PROXY}") == ALICE


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("header", ["unknown", "_hidden", f"{ALICE}:4711", "999.1.1.1", "\N{SNOWMAN}"])
def test_a_proxy_that_sends_no_address_is_the_client(header: str):
    assert get_address(PROXY, f"{BOB}, {header}") == PROXY


@pytest.mark.parametrize("header", [ALICE, f"{ALICE}, {PROXY}"])
@pytest.mark.parametrize(
    ("peer", "expected"), [(PROXY, PROXY), ("127.0.0.1", "127.0.0.1"), ("", "127.0.0.1")]
)
def test_without_the_setting_no_proxy_is_trusted(peer: str, expected: str, header: str):
    assert get_address(peer, header) == expected


@pytest.mark.usefixtures("trusted")
def test_guessing_tokens_blocks_one_address_behind_the_proxy(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rates, "FAILURES_PER_MINUTE", 2)

    def guess(peer: str, header: str) -> int:
        client = Client(
            REMOTE_ADDR=peer, headers={"Authorization": "Bearer dubs_x", "X-Forwarded-For": header}
        )
        return client.get(f"{ROOT}/me").status_code

    assert [guess(PROXY, ALICE) for _ in range(3)] == [401, 401, 429]
    assert guess(PROXY, BOB) == 401
    assert guess(PROXY, f"{BOB}, {ALICE}") == 429
    assert [guess("203.0.113.7", f"198.51.100.{number}") for number in range(3)] == [401, 401, 429]


@pytest.mark.usefixtures("trusted")
def test_guessing_passwords_blocks_one_address_behind_the_proxy(world: World):
    def sign_in(header: str, name: str) -> int:
        client = Client(REMOTE_ADDR=PROXY, headers={"X-Forwarded-For": header})
        return client.post("/accounts/login/", {"login": name, "password": "wrong"}).status_code

    statuses = [sign_in(f"198.51.100.{number}, {ALICE}", f"unknown-{number}") for number in range(31)]

    assert (statuses[0], statuses[-1]) == (200, 429)
    assert sign_in(BOB, "unknown") == 200
