"""Whose address a request has, behind proxies that are trusted and for people who forge what proxies say."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.test import Client, RequestFactory

from sessions_app.api import rates
from sessions_app.http.addresses import client_address
from tests.integration.programs import ROOT
from tests.world import World

PROXY, INNER_PROXY = "10.0.0.1", "10.0.0.2"
ALICE, BOB = "192.0.2.1", "2001:db8::b"


@pytest.fixture
def trusted(settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/30")]


def address(peer: str, said: str | None = None) -> str:
    headers = {} if said is None else {"X-Forwarded-For": said}
    return client_address(RequestFactory().get("/", REMOTE_ADDR=peer, headers=headers))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    ("peer", "said", "expected"),
    [
        (ALICE, None, ALICE),
        (PROXY, ALICE, ALICE),
        (PROXY, f"  {BOB} ", BOB),
        (PROXY, f"{ALICE}, {INNER_PROXY}", ALICE),
        (f"::ffff:{PROXY}", f"::ffff:{ALICE}", ALICE),
        ("", ALICE, ALICE),  # a UNIX socket
        # Nobody in front, or a proxy that does not say.
        (PROXY, None, PROXY),
        (PROXY, "", PROXY),
        ("", None, "127.0.0.1"),
        # It asks by itself.
        (PROXY, INNER_PROXY, INNER_PROXY),
    ],
)
def test_a_trusted_proxy_says_who_asks(peer: str, said: str | None, expected: str):
    assert address(peer, said) == expected


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(
    "said", [BOB, f"{BOB}, {PROXY}", f"{PROXY}, {BOB}", PROXY, "127.0.0.1", "", "unknown"]
)
def test_what_somebody_else_says_changes_nothing(said: str):
    assert address(ALICE, said) == ALICE


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("said", [BOB, f"{BOB}, {PROXY}", "127.0.0.1", "unknown", ",", "\0"])
def test_what_somebody_says_through_a_proxy_changes_nothing(said: str):
    """The proxy appends whom it was asked by."""
    assert address(PROXY, f"{said}, {ALICE}") == ALICE
    assert address(PROXY, f"{said},{ALICE},{INNER_PROXY}") == ALICE


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("said", ["unknown", "_hidden", f"{ALICE}:4711", "999.1.1.1", "\N{SNOWMAN}"])
def test_a_proxy_that_says_no_address_stands_for_who_asks(said: str):
    assert address(PROXY, f"{BOB}, {said}") == PROXY


@pytest.mark.parametrize("said", [ALICE, f"{ALICE}, {PROXY}"])
@pytest.mark.parametrize(
    ("peer", "expected"), [(PROXY, PROXY), ("127.0.0.1", "127.0.0.1"), ("", "127.0.0.1")]
)
def test_without_the_setting_nobody_is_trusted(peer: str, expected: str, said: str):
    assert address(peer, said) == expected


@pytest.mark.usefixtures("trusted")
def test_who_guesses_tokens_keeps_out_nobody_else_behind_the_proxy(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rates, "FAILURES_PER_MINUTE", 2)

    def guess(peer: str, said: str) -> int:
        client = Client(REMOTE_ADDR=peer, headers={"Authorization": "Bearer dubs_x", "X-Forwarded-For": said})
        return client.get(f"{ROOT}/me").status_code

    assert [guess(PROXY, ALICE) for _ in range(3)] == [401, 401, 429]
    assert guess(PROXY, BOB) == 401
    assert guess(PROXY, f"{BOB}, {ALICE}") == 429
    assert [guess("203.0.113.7", f"198.51.100.{number}") for number in range(3)] == [401, 401, 429]


@pytest.mark.usefixtures("trusted")
def test_who_guesses_passwords_keeps_out_nobody_else_behind_the_proxy(world: World):
    def sign_in(said: str, name: str) -> int:
        client = Client(REMOTE_ADDR=PROXY, headers={"X-Forwarded-For": said})
        return client.post("/accounts/login/", {"login": name, "password": "wrong"}).status_code

    answers = [sign_in(f"198.51.100.{number}, {ALICE}", f"nobody-{number}") for number in range(31)]

    assert (answers[0], answers[-1]) == (200, 429)
    assert sign_in(BOB, "nobody") == 200
