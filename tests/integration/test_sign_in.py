"""Throttles of sign-in: guesses are slowed, no stranger locks a user out."""

from __future__ import annotations

import threading
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session as SignInSession
from django.db import connection
from django.test import Client
from django.utils import timezone

from dubbing_sessions.session_backend import EARLIER_BACKENDS, SessionStore
from sessions_app.http.devices import COOKIE
from sessions_app.models import ThrottleHit
from sessions_app.operations.accounts import sign_in as throttles
from sessions_app.operations.accounts.sign_in import LOGIN, fold_login, record_sign_in_attempt
from sessions_app.operations.accounts.users import create_user
from sessions_app.operations.cleanup.report import GarbageReport
from sessions_app.operations.cleanup.rows import delete_rows
from sessions_app.operations.errors import ThrottledError
from tests.integration.conftest import StoppedClock
from tests.integration.mail import run_mail_tasks

pytestmark = pytest.mark.either_stack

PASSWORD = "a long river at night"
LOGIN_PAGE = "/accounts/login/"
STRANGER = "203.0.113.9"


@pytest.fixture(autouse=True)
def clock(sign_in_clock: StoppedClock) -> StoppedClock:
    return sign_in_clock


@pytest.fixture
def alice(db: None) -> User:
    return create_user(name="alice", password=PASSWORD, email="alice@example.com")


def sign_in(client: Client, password: str = PASSWORD, login: str = "alice", **extra: Any) -> Any:
    return client.post(LOGIN_PAGE, {"login": login, "password": password}, **extra)


def guess(count: int, *, login: str = "alice", address: str = STRANGER) -> list[int]:
    """Return the statuses of wrong guesses from an address."""
    return [
        sign_in(Client(REMOTE_ADDR=address), f"guess {number}", login).status_code for number in range(count)
    ]


def guess_from_everywhere(count: int, clock: StoppedClock) -> None:
    """Count failed attempts at Alice's account from as many addresses."""
    now = clock.now()
    ThrottleHit.objects.bulk_create(ThrottleHit(key=LOGIN.on("alice").key, made_at=now) for _ in range(count))


@pytest.mark.one_stack
def test_guesses_from_an_address_are_refused(alice: User):
    assert guess(8) == [200] * 5 + [429] * 3

    response = sign_in(Client(REMOTE_ADDR=STRANGER))

    assert response.status_code == 429
    assert response["Retry-After"] == "30"
    assert "Too many failed attempts to sign in. Try again in 30 seconds" in response.content.decode()


@pytest.mark.one_stack
def test_the_wait_doubles(alice: User, clock: StoppedClock):
    guess(5)
    waits = []
    for _ in range(9):
        wait = int(sign_in(Client(REMOTE_ADDR=STRANGER), "wrong")["Retry-After"])
        waits.append(wait)
        clock.let_pass(timedelta(seconds=wait))
        assert guess(1) == [200]

    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]


@pytest.mark.one_stack
def test_refused_guesses_do_not_extend_the_wait(alice: User, clock: StoppedClock):
    guess(5)
    before = ThrottleHit.objects.count()

    guess(20)

    assert ThrottleHit.objects.count() == before
    clock.let_pass(timedelta(seconds=30))
    assert sign_in(Client(REMOTE_ADDR=STRANGER)).status_code == 302


@pytest.mark.one_stack
def test_a_successful_sign_in_does_not_count(alice: User):
    for _ in range(30):
        assert sign_in(Client()).status_code == 302

    assert not ThrottleHit.objects.exists()


@pytest.mark.one_stack
def test_a_stranger_at_another_address_locks_no_one_out(alice: User):
    guess(10)

    assert sign_in(Client()).status_code == 302


@pytest.mark.one_stack
def test_a_stranger_at_the_same_address_does_not_lock_out_a_known_device(alice: User):
    known = Client(REMOTE_ADDR=STRANGER)
    sign_in(known)
    known.post("/accounts/logout/")
    guess(10)
    for number in range(30):
        guess(1, login=f"user-{number}")

    assert sign_in(Client(REMOTE_ADDR=STRANGER)).status_code == 429
    assert sign_in(known).status_code == 302


@pytest.mark.parametrize("login", ["alice", "ALICE", "alice@example.com"])
def test_guesses_from_many_addresses_delay_unknown_devices_only(alice: User, clock: StoppedClock, login: str):
    known = Client()
    sign_in(known)
    guess_from_everywhere(200, clock)
    ThrottleHit.objects.update(key=LOGIN.on(fold_login(login)).key)

    refused = sign_in(Client(), login=login)

    assert (refused.status_code, int(refused["Retry-After"])) == (429, 60)
    assert "reset your password by e-mail to sign in at once" in refused.content.decode()
    assert sign_in(known, login=login).status_code == 302


@pytest.mark.one_stack
def test_a_password_reset_ends_the_delay(alice: User, clock: StoppedClock, mailoutbox: Any, mail_queue: None):
    guess_from_everywhere(200, clock)
    client = Client()
    client.post("/accounts/password/reset/", {"email": "alice@example.com"})
    run_mail_tasks()
    link = str(mailoutbox[0].body).split("/accounts/")[1].split()[0]
    form = client.get(f"/accounts/{link}", follow=True).redirect_chain[-1][0]
    new = "another river by day"
    assert client.post(form, {"password1": new, "password2": new}).status_code == 302

    assert sign_in(Client(), new).status_code == 429
    assert sign_in(client, new).status_code == 302


@pytest.mark.one_stack
def test_a_known_device_has_a_limit_of_its_own(alice: User):
    client = Client()
    sign_in(client)
    client.post("/accounts/logout/")

    statuses = [sign_in(client, "wrong").status_code for _ in range(12)]

    assert statuses == [200] * 10 + [429] * 2
    assert sign_in(Client()).status_code == 302


@pytest.mark.one_stack
def test_a_device_is_known_for_its_users_only(alice: User):
    create_user(name="mallory", password=PASSWORD)
    mallory = Client(REMOTE_ADDR=STRANGER)
    sign_in(mallory, login="mallory")
    mallory.post("/accounts/logout/")

    assert [sign_in(mallory, "wrong").status_code for _ in range(6)] == [200] * 5 + [429]


@pytest.mark.one_stack
@pytest.mark.parametrize("change", ["forge", "shift", "empty", "nonsense"])
def test_a_forged_cookie_makes_no_device_known(alice: User, change: str):
    known = Client()
    sign_in(known)
    value = known.cookies[COOKIE].value
    forged = {
        "forge": value.replace(value[:4], "eyJp" if value[:4] != "eyJp" else "eyJq"),
        "shift": value[:-1] + ("A" if value[-1] != "A" else "B"),
        "empty": "",
        "nonsense": "\\x00:::",
    }[change]
    client = Client(REMOTE_ADDR=STRANGER)
    client.cookies = SimpleCookie({COOKIE: forged})
    guess(5)

    assert sign_in(client).status_code == 429


@pytest.mark.one_stack
def test_the_cookie_of_a_device_is_protected(alice: User, settings: Any):
    settings.SESSION_COOKIE_SECURE = True
    client = Client()
    sign_in(client)
    cookie = client.cookies[COOKIE]

    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["path"], cookie["samesite"]) == ("/accounts/", "Lax")
    assert "alice" not in cookie.value


@pytest.mark.one_stack
def test_a_device_remembers_its_latest_users(db: None):
    client = Client()
    for number in range(10):
        create_user(name=f"user-{number}", password=PASSWORD)
        sign_in(client, login=f"user-{number}")
        client.post("/accounts/logout/")
    for number in range(10):
        guess(5, login=f"user-{number}", address=f"198.51.100.{number}")

    statuses = [
        sign_in(client, login=f"user-{number}", REMOTE_ADDR=f"198.51.100.{number}").status_code
        for number in (0, 1, 2, 9)
    ]

    assert statuses[:2] == [429, 429]
    assert statuses[2:] == [302, 302]


def test_guesses_at_many_accounts_from_an_address_are_refused(alice: User):
    statuses = [guess(1, login=f"user-{number}")[0] for number in range(25)]

    assert statuses == [200] * 20 + [429] * 5
    assert sign_in(Client()).status_code == 302


@pytest.mark.one_stack
def test_the_addresses_of_an_ipv6_network_are_one(alice: User):
    assert [guess(1, address=f"2001:db8::{number:x}")[0] for number in range(6)] == [200] * 5 + [429]
    assert guess(1, address="2001:db8:0:1::1") == [200]


@pytest.mark.one_stack
@pytest.mark.parametrize("login", ["alice", "unknown"])
def test_refusals_do_not_reveal_accounts(alice: User, login: str):
    statuses = guess(7, login=login)
    response = sign_in(Client(REMOTE_ADDR=STRANGER), "wrong", login)

    assert statuses == [200] * 5 + [429] * 2
    assert "reset your password by e-mail" in response.content.decode()


@pytest.mark.parametrize(
    "spelling",
    ["ALICE", " alice ", "\N{FULLWIDTH LATIN SMALL LETTER A}lice", "al\N{LATIN SMALL LETTER DOTLESS I}ce"],
)
def test_spellings_of_a_name_share_a_limit(alice: User, spelling: str):
    guess(5)

    assert guess(1, login=spelling) == [429]


@pytest.mark.one_stack
def test_operators_have_the_same_limits(alice: User):
    User.objects.update(is_staff=True, is_superuser=True)
    client = Client(REMOTE_ADDR=STRANGER)

    statuses = [
        client.post("/admin/login/", {"username": "alice", "password": "wrong"}, follow=True).status_code
        for _ in range(20)
    ]

    assert set(statuses) == {200}
    assert not client.session.get("_auth_user_id")
    assert guess(7) == [200] * 5 + [429] * 2


def test_concurrent_guesses_do_not_exceed_the_limit(transactional_db: None):
    # Concurrent attempts that see one another may all be refused. These do not count, so that later ones are accepted.
    free = throttles.ADDRESS_AND_LOGIN.free
    now = timezone.now()
    accepted: list[int] = []
    barrier = threading.Barrier(8)

    def attempt() -> None:
        try:
            record_sign_in_attempt(login="alice", address=STRANGER, device=None, now=now)
            accepted.append(1)
        except ThrottledError:
            pass

    def attempt_with_others() -> None:
        barrier.wait()
        try:
            attempt()
        finally:
            connection.close()

    for _ in range(4):
        threads = [threading.Thread(target=attempt_with_others) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(accepted) <= free

    for _ in range(free + 1):
        attempt()
    assert len(accepted) == free


def test_old_hits_are_deleted(alice: User, clock: StoppedClock):
    guess(3)
    count = ThrottleHit.objects.count()

    for time, expected in ((timedelta(hours=23), count), (timedelta(hours=24), 0)):
        delete_rows(GarbageReport(), now=clock.now() + time, check=lambda: None)
        assert ThrottleHit.objects.count() == expected


@pytest.mark.parametrize(("seconds", "is_signed_in"), [(60, True), (-1, False)])
def test_a_sign_in_ends_at_its_time(alice: User, seconds: int, *, is_signed_in: bool):
    client = Client()
    client.force_login(alice)
    key = client.cookies["sessionid"].value
    ends_at = timezone.now() + timedelta(seconds=seconds)
    assert SignInSession.objects.filter(session_key=key).update(expire_date=ends_at) == 1

    response = client.get("/sessions/")

    assert response.status_code == (200 if is_signed_in else 302)
    assert SessionStore(key).get("_auth_user_id") == (str(alice.pk) if is_signed_in else None)


@pytest.mark.one_stack
@pytest.mark.parametrize("backend", EARLIER_BACKENDS)
def test_a_sign_in_of_an_earlier_version_stays_valid(alice: User, backend: str):
    client = Client()
    client.force_login(alice)
    store = SessionStore(client.cookies["sessionid"].value)
    store["_auth_user_backend"] = backend
    store.save()

    assert client.get("/sessions/").status_code == 200
    User.objects.update(is_active=False)
    assert client.get("/sessions/").status_code == 302


@pytest.mark.parametrize(("mode", "deleted"), [("navigate", ["sessionid"]), ("cors", []), ("no-cors", [])])
def test_a_script_with_an_earlier_login_leaves_the_cookie_to_the_page(
    alice: User, mode: str, deleted: list[str]
):
    client = Client()
    client.force_login(alice)
    SignInSession.objects.all().delete()

    response = client.get("/updates/", headers={"Sec-Fetch-Mode": mode})

    assert response.status_code in {302, 401, 403}
    assert [name for name in response.cookies if name == "sessionid"] == deleted
