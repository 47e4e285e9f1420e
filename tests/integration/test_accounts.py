"""Accounts: sign in, sign up, change and reset a password."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from celery import Celery
from django.contrib.auth.models import User
from django.core.cache import cache, caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.mail import EmailMessage
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from sessions_app import queue
from sessions_app.models import AccessToken
from sessions_app.operations.accounts.password_reset import send_password_reset
from sessions_app.operations.accounts.tokens import create_token
from sessions_app.operations.accounts.users import create_user
from tests.integration.mail import run_mail_tasks
from tests.services.ports import reserve_port

pytestmark = pytest.mark.either_stack

PASSWORD = "a long river at night"
LOGIN, SIGNUP = "/accounts/login/", "/accounts/signup/"
RESET, CHANGE = "/accounts/password/reset/", "/accounts/password/change/"


@pytest.fixture
def alice(db: None, settings: Any) -> User:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.MD5PasswordHasher"
    ]  # the default is slow on purpose
    return create_user(name="alice", password=PASSWORD, email="Alice@Example.com")


def sign_in(client: Client, login: str = "alice", password: str = PASSWORD, **more: str) -> Any:
    return client.post(LOGIN, {"login": login, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return client.get("/sessions/").status_code == 200


@pytest.mark.parametrize("login", ["alice", "alice@example.com", "ALICE@example.COM"])
def test_users_sign_in_by_name_or_address_and_sign_out(alice: User, client: Client, login: str):
    response = sign_in(client, login)

    assert (response.status_code, response["Location"]) == (302, "/sessions/")
    assert is_signed_in(client)

    assert (
        client.get("/accounts/logout/").status_code == 200
    )  # asks for confirmation, so that an image cannot sign a user out
    assert is_signed_in(client)
    assert client.post("/accounts/logout/")["Location"] == LOGIN
    assert not is_signed_in(client)


def test_the_home_page_redirects_to_the_sessions(alice: User, client: Client):
    response = client.get("/", follow=True)
    assert response.redirect_chain[-1][0] == f"{LOGIN}?next=/sessions/"

    assert sign_in(client, next="/jobs/?page=1")["Location"] == "/jobs/?page=1"
    assert client.get("/", follow=True).redirect_chain == [("/sessions/", 302)]
    assert client.get(LOGIN)["Location"] == "/sessions/"  # already signed in


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "\0", "x" * 5000],
)
def test_signing_in_does_not_redirect_to_another_site(alice: User, client: Client, elsewhere: str):
    assert client.get(LOGIN, {"next": elsewhere}).status_code == 200
    assert "evil.example" not in sign_in(client, next=elsewhere).get("Location", "")


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("alice", "wrong"),
        ("unknown", PASSWORD),
        ("", ""),
        ("a\0b", "c\0d"),
        ("a\ud800", "b\ud800"),
        ("x" * 5000, "y" * 5000),
        ("%", "_"),
        ("alice@example.com@example.com", PASSWORD),
    ],
)
def test_wrong_credentials_are_refused_on_the_page(alice: User, client: Client, login: str, password: str):
    response = client.post(
        LOGIN,
        f"login={_quoted(login)}&password={_quoted(password)}",
        content_type="application/x-www-form-urlencoded",
    )

    assert response.status_code == 200
    assert not is_signed_in(client)


def _quoted(text: str) -> str:
    return "".join(f"%{byte:02x}" for byte in text.encode(errors="surrogatepass"))


def test_signing_in_does_not_reveal_accounts(alice: User, client: Client):
    known = sign_in(client, "alice", "wrong").context["form"].errors
    unknown = sign_in(client, "unknown", "wrong").context["form"].errors

    assert known == unknown


def test_an_inactive_user_cannot_sign_in(alice: User, client: Client):
    User.objects.update(is_active=False)

    response = sign_in(client)

    assert response.status_code in {200, 302}
    assert not is_signed_in(client)


def test_changing_the_password_keeps_the_user_signed_in(alice: User, client: Client):
    sign_in(client)
    new = "another river by day"

    wrong = client.post(CHANGE, {"oldpassword": "wrong", "password1": new, "password2": new})
    weak = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": "12345", "password2": "12345"})
    unequal = client.post(CHANGE, {"oldpassword": PASSWORD, "password1": new, "password2": "typo"})
    assert [response.status_code for response in (wrong, weak, unequal)] == [200, 200, 200]
    assert sign_in(Client()).status_code == 302

    assert (
        client.post(CHANGE, {"oldpassword": PASSWORD, "password1": new, "password2": new}).status_code == 302
    )
    assert is_signed_in(client)
    assert sign_in(Client(), password=new).status_code == 302
    cache.clear()
    assert sign_in(Client()).status_code == 200


def test_changing_the_password_signs_out_other_browsers(alice: User, client: Client):
    sign_in(client)
    other = Client()
    sign_in(other)
    new = "another river by day"

    client.post(CHANGE, {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert not is_signed_in(other)


def find_link(mail: EmailMessage) -> str:
    match = re.search(r"https?://\S+(/accounts/password/reset/key/\S+)", str(mail.body))
    assert match
    return match[1]


@pytest.mark.usefixtures("mail_queue")
def test_a_reset_link_works_once(alice: User, client: Client, mailoutbox: list[EmailMessage]):
    assert client.post(RESET, {"email": "alice@example.com"}).status_code == 302
    assert not mailoutbox
    run_mail_tasks()
    (mail,) = mailoutbox
    assert mail.to[0].lower() == "alice@example.com"
    link = find_link(mail)

    form = client.get(link, follow=True)
    assert form.status_code == 200
    address, new = form.redirect_chain[-1][0], "another river by day"
    assert client.post(address, {"password1": "12345", "password2": "12345"}).status_code == 200
    assert client.post(address, {"password1": new, "password2": new}).status_code == 302

    assert sign_in(Client(), password=new).status_code == 302
    again = Client().get(link, follow=True)
    assert again.status_code == 200
    assert "password1" not in again.content.decode()


@pytest.mark.usefixtures("mail_queue")
def test_a_reset_does_not_reveal_accounts(alice: User, client: Client, mailoutbox: list[EmailMessage]):
    with CaptureQueriesContext(connection) as known_queries:
        known = client.post(RESET, {"email": "alice@example.com"})
    with CaptureQueriesContext(connection) as unknown_queries:
        unknown = client.post(RESET, {"email": "unknown@example.com"})

    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    first, second = [
        [re.split("WHERE|VALUES", query["sql"])[0] for query in queries]
        for queries in (known_queries, unknown_queries)
    ]
    assert first == second
    assert not re.search("auth_user|emailaddress", "".join(first))
    assert [list(arguments) for arguments in run_mail_tasks()] == [["email", "language"]] * 2
    assert [mail.to for mail in mailoutbox] == [["alice@example.com"]]


@pytest.mark.usefixtures("mail_queue")
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:9999", "testserver"])
def test_links_in_mail_are_of_the_portals_address(
    alice: User, client: Client, settings: Any, mailoutbox: list[EmailMessage], host: str
):
    settings.SITE_URL = "https://dubbing.example.com"
    settings.REGISTRATION_OPEN = True
    client.post(RESET, {"email": "alice@example.com"}, headers={"Host": host})
    client.post(SIGNUP, NEW, headers={"Host": host})
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # now sign-up does not reveal accounts
    Client().post(SIGNUP, {**NEW, "username": "carol", "email": "alice@example.com"}, headers={"Host": host})
    run_mail_tasks()

    links = [re.findall(r"https?://\S+", str(mail.body)) for mail in mailoutbox]
    assert [len(found) for found in links] == [2, 2, 2]
    assert all(link.startswith("https://dubbing.example.com/") for found in links for link in found)


@pytest.mark.usefixtures("mail_queue", "sign_in_clock")
def test_a_mailbox_is_not_flooded(alice: User, client: Client, mailoutbox: list[EmailMessage]):
    statuses = {client.post(RESET, {"email": email}).status_code for email in ["alice@example.com"] * 5}
    run_mail_tasks()

    assert statuses == {302}
    assert len(mailoutbox) == 3
    assert client.get(find_link(mailoutbox[0]), follow=True).context["form"]


@pytest.mark.usefixtures("mail_queue", "sign_in_clock")
def test_reset_requests_of_an_address_are_limited_except_of_known_devices(alice: User):
    known = Client()
    sign_in(known)
    known.post("/accounts/logout/")
    statuses = [Client().post(RESET, {"email": f"{number}@example.com"}).status_code for number in range(22)]

    refused = Client().post(RESET, {"email": "alice@example.com"})

    assert statuses == [302] * 20 + [429] * 2
    assert refused["Retry-After"] == "5"
    assert "There were too many attempts. Try again in" in refused.content.decode()
    assert known.post(RESET, {"email": "alice@example.com"}).status_code == 302


@pytest.mark.usefixtures("mail_queue", "sign_in_clock")
def test_a_reset_that_could_not_be_mailed_is_tried_again_without_limit(
    alice: User, settings: Any, mailoutbox: list[EmailMessage]
):
    memory = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", reserve_port()
    for _ in range(5):
        with pytest.raises(ConnectionRefusedError):
            send_password_reset(email="alice@example.com", now=timezone.now())
    settings.EMAIL_BACKEND = memory

    send_password_reset(email="alice@example.com", now=timezone.now())

    assert len(mailoutbox) == 1


@pytest.mark.parametrize("email", ["alice@example.com", "unknown@example.com"])
def test_a_reset_without_a_broker_asks_to_try_again(
    alice: User, client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch, email: str
):
    closed = Celery(broker="redis://127.0.0.1:1/0", set_as_current=False)
    closed.conf.broker_transport_options = {"socket_connect_timeout": 1, "max_retries": 0}
    closed.conf.task_publish_retry = False
    monkeypatch.setattr(queue, "current_app", closed)

    response = client.post(RESET, {"email": email})

    assert (response.status_code, response["Retry-After"]) == (503, "60")
    assert "No mail can be sent at the moment" in response.content.decode()


@pytest.mark.usefixtures("mail_queue")
def test_inactive_users_receive_no_link(alice: User, client: Client, mailoutbox: list[EmailMessage]):
    User.objects.update(is_active=False)

    client.post(RESET, {"email": "alice@example.com"})
    run_mail_tasks()

    assert not mailoutbox


@pytest.mark.usefixtures("mail_queue")
def test_a_changed_password_is_reported_by_mail(
    alice: User, client: Client, settings: Any, mailoutbox: list[EmailMessage]
):
    settings.SITE_URL = "https://dubbing.example.com"
    sign_in(client)
    new = "another river by day"
    headers = {"User-Agent": "Firefox <on> a phone"}

    client.post(CHANGE, {"oldpassword": PASSWORD, "password1": new, "password2": new}, headers=headers)

    assert not mailoutbox
    run_mail_tasks()
    (mail,) = mailoutbox
    assert (mail.to, mail.subject) == (
        ["alice@example.com"],
        "Your password for Dubbing Sessions was changed",
    )
    for text in (
        "The password of your account alice was changed.",
        "Address: 127.0.0.1",
        "Browser: Firefox <on> a phone",
        "https://dubbing.example.com/accounts/password/reset/",
    ):
        assert text in str(mail.body)


@pytest.mark.usefixtures("mail_queue")
def test_a_reset_password_is_reported_by_mail(alice: User, client: Client, mailoutbox: list[EmailMessage]):
    client.post(RESET, {"email": "alice@example.com"})
    run_mail_tasks()
    form = client.get(find_link(mailoutbox[0]), follow=True).redirect_chain[-1][0]
    new = "another river by day"

    client.post(form, {"password1": new, "password2": new})
    run_mail_tasks()

    assert mailoutbox[1].subject == "Your password for Dubbing Sessions was reset"
    assert "The password of your account alice was reset" in str(mailoutbox[1].body)


@pytest.mark.usefixtures("broker")
@pytest.mark.parametrize("path", [CHANGE, "/accounts/email/"])
def test_limits_of_signed_in_users_are_shared_by_all_processes(alice: User, client: Client, path: str):
    """Those of django-allauth. What only this process has in memory is forgotten after each request."""
    sign_in(client)
    statuses = []
    for _ in range(11):
        statuses.append(client.post(path, {"oldpassword": "wrong"}).status_code)
        del caches["default"]
        LocMemCache("shared-cache-fallback", {}).clear()

    refused = client.post(path, {"oldpassword": "wrong"})

    assert refused.status_code == 429
    assert "Too many requests" in refused.content.decode()
    assert 429 not in statuses[:5]


def create_tokens(owner: User) -> None:
    for name in ("laptop", "pipeline"):
        create_token(owner=owner, name=name, scope=AccessToken.Scope.READ, days=None, now=timezone.now())


@pytest.mark.parametrize(
    ("choice", "expected"),
    [({}, set()), ({"revoke_tokens": "on"}, {("alice", "laptop"), ("alice", "pipeline")})],
)
def test_changing_the_password_offers_to_revoke_tokens(
    alice: User, client: Client, choice: dict[str, str], expected: set[tuple[str, str]]
):
    create_tokens(alice)
    create_tokens(create_user(name="bob", password=PASSWORD))
    sign_in(client)
    new = "another river by day"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}

    page = client.get(CHANGE).content.decode()
    client.post(CHANGE, {**form, **choice})

    assert "Revoke all access tokens (“pipeline”, “laptop”)" in page
    revoked = AccessToken.objects.filter(revoked_at__isnull=False)
    assert {(token.owner.username, token.name) for token in revoked} == expected
    assert ("Revoke all" in client.get(CHANGE).content.decode()) is not bool(expected)


def test_without_tokens_there_is_nothing_to_revoke(alice: User, client: Client):
    sign_in(client)

    assert "revoke_tokens" not in client.get(CHANGE).content.decode()


@pytest.mark.usefixtures("mail_queue")
def test_a_reset_offers_to_revoke_tokens(alice: User, client: Client, mailoutbox: list[EmailMessage]):
    create_tokens(alice)
    client.post(RESET, {"email": "alice@example.com"})
    run_mail_tasks()
    page = client.get(find_link(mailoutbox[0]), follow=True)
    new = "another river by day"

    assert "Revoke all access tokens" in page.content.decode()
    done = client.post(
        page.redirect_chain[-1][0], {"password1": new, "password2": new, "revoke_tokens": "on"}, follow=True
    )

    assert "Access tokens revoked: 2." in done.content.decode()
    assert not AccessToken.objects.active(now=timezone.now()).exists()


@pytest.mark.usefixtures("mail_queue")
@pytest.mark.parametrize(
    "email", ["", "x", "a\0@example.com", "x" * 400 + "@example.com", "a@b@c", "ä@ö.example"]
)
def test_a_reset_for_an_invalid_address_is_no_error(alice: User, client: Client, email: str):
    assert client.post(RESET, {"email": email}).status_code in {200, 302}


@pytest.mark.parametrize(
    "key", ["x", "1-x", "zzzzzzzzzzzzz-set-password", "9" * 14 + "-x", "zzzzzzzzzzzz-x-y", "%00-x", "1-%ff"]
)
def test_an_invalid_reset_link_sets_no_password(alice: User, client: Client, key: str):
    response = client.get(f"{RESET}key/{key}/", follow=True)

    assert response.status_code in {200, 404}
    assert "password1" not in response.content.decode()


NEW = {"username": "bob", "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD}


def test_sign_up_is_closed_unless_a_setting_opens_it(alice: User, client: Client):
    page = client.get(SIGNUP)
    posted = client.post(SIGNUP, NEW)

    for response in (page, posted):
        assert response.status_code == 200
        assert "closed" in response.content.decode().lower()
        assert "password1" not in response.content.decode()
    assert User.objects.count() == 1
    assert SIGNUP not in client.get(LOGIN).content.decode()


@pytest.mark.usefixtures("mail_queue")
def test_open_sign_up_creates_a_user_and_signs_in(
    alice: User, client: Client, settings: Any, mailoutbox: list[EmailMessage]
):
    settings.REGISTRATION_OPEN = True
    assert SIGNUP in client.get(LOGIN).content.decode()

    response = client.post(SIGNUP, NEW)

    assert (response.status_code, response["Location"]) == (302, "/sessions/")
    assert is_signed_in(client)
    bob = User.objects.get(username="bob")
    assert (bob.is_staff, bob.is_superuser) == (False, False)
    assert EmailAddress.objects.filter(user=bob, email="bob@example.com").exists()


@pytest.mark.parametrize(
    "change",
    [
        {"username": "alice"},
        {"username": "ALICE"},
        {"username": ""},
        {"username": "x" * 200},
        {"username": "a\0b"},
        {"username": "<script>"},
        {"email": "nonsense"},
        {"password1": "12345", "password2": "12345"},
        {"password2": "typo"},
    ],
)
def test_invalid_sign_ups_are_refused_on_the_page(
    alice: User, client: Client, settings: Any, change: dict[str, str]
):
    settings.REGISTRATION_OPEN = True

    assert client.post(SIGNUP, NEW | change).status_code == 200
    assert User.objects.count() == 1


def test_forms_without_a_csrf_token_are_refused(alice: User):
    client = Client(enforce_csrf_checks=True)

    for url in (LOGIN, RESET, SIGNUP, "/accounts/logout/"):
        assert client.post(url, {}).status_code == 403
