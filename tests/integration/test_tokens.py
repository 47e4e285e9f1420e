"""Access tokens: create, use, revoke."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.test import Client

from sessions_app.models import AccessToken
from sessions_app.operations.accounts import tokens
from sessions_app.operations.accounts.tokens import find_token, record_token_use
from sessions_app.operations.errors import NotAllowedError
from tests.integration.programs import Program, problem_of
from tests.integration.sketches import now, signed_in, sketch_token
from tests.integration.worlds import world_of_rows
from tests.world import World

world = world_of_rows


def create_on_page(client: Client, **fields: str) -> str:
    form = {"name": "my laptop", "scope": "write", "days": "90", **fields}
    secret: str = client.post("/account/tokens/create/", form).context["created"].secret
    return secret


def test_a_new_token_is_shown_once_and_works(world: World):
    alice = signed_in(world.alice)

    response = alice.post("/account/tokens/create/", {"name": " my laptop ", "scope": "read", "days": "30"})

    secret = response.context["created"].secret
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert secret not in alice.get("/account/tokens/").content.decode()
    token = AccessToken.objects.get()
    assert (token.name, token.scope) == ("my laptop", "read")
    assert token.expires_at is not None
    assert timedelta(days=29) < token.expires_at - now() <= timedelta(days=30)
    assert Program(secret).get("/me").json()["name"] == "alice"


def test_a_token_has_256_bits_and_only_its_hash_and_prefix_are_stored(world: World):
    new = sketch_token(world.alice)

    assert new.secret.startswith("dubs_")
    assert len(new.secret) >= 5 + 43
    row = json.dumps(list(AccessToken.objects.values()), default=str)
    assert new.secret not in row
    assert new.token.token_hash == hashlib.sha256(new.secret.encode()).hexdigest()
    assert new.secret.startswith(new.token.prefix)
    assert len(new.token.prefix) <= 10


def test_a_token_may_have_no_expiry(world: World):
    secret = create_on_page(signed_in(world.alice), days="")

    assert AccessToken.objects.get().expires_at is None
    assert Program(secret).get("/me").json()["token"]["expires_at"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"name": ""},
        {"name": "x" * 101},
        {"scope": "all"},
        {"days": "0"},
        {"days": "367"},
        {"days": "soon"},
        {"name": "a\0b"},
    ],
)
def test_invalid_fields_are_refused(world: World, fields: dict[str, str]):
    form = {"name": "my laptop", "scope": "read", "days": "30", **fields}

    response = signed_in(world.alice).post("/account/tokens/create/", form)

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()
    assert not AccessToken.objects.exists()


def test_only_the_owner_revokes_a_token(world: World):
    new = sketch_token(world.alice)
    url = f"/account/tokens/{new.token.code}/revoke/"
    assert signed_in(world.bob).post(url).status_code == 404
    assert Program(new.secret).get("/me").status_code == 200

    response = signed_in(world.alice).post(url)

    assert [str(message) for message in get_messages(response.wsgi_request)] == ["“my laptop” was revoked."]
    problem_of(Program(new.secret).get("/me"), 401, "bad_token")
    assert "my laptop" not in signed_in(world.alice).get("/account/tokens/").content.decode()


def test_a_program_revokes_its_own_token(world: World):
    for scope in AccessToken.Scope:
        program = Program.of(world.alice, scope)
        assert program.delete("/token").status_code == 204
        problem_of(program.get("/me"), 401, "bad_token")


def test_expired_and_revoked_tokens_look_like_unknown_ones(world: World):
    unknown = Program("dubs_unknown").get("/me")
    expired, revoked, inactive = (sketch_token(user) for user in (world.alice, world.alice, world.bob))
    AccessToken.objects.filter(pk=expired.token.pk).update(expires_at=now() - timedelta(seconds=1))
    revoked.token.revoke(now=now())
    User.objects.filter(pk=world.bob.pk).update(is_active=False)

    for secret in (expired.secret, revoked.secret, inactive.secret, "something-else", "dubs_\u2713"):
        response = Program(secret.encode().decode("latin-1")).get("/me")
        assert response.content == unknown.content
        assert response["WWW-Authenticate"] == unknown["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_the_last_use_is_recorded_once_a_minute(world: World):
    new, moment = sketch_token(world.alice), now()

    def use(at: timedelta) -> AccessToken:
        token = find_token(secret=new.secret, now=moment + at)
        assert token is not None
        record_token_use(token=token, now=moment + at)
        return AccessToken.objects.get(pk=token.pk)

    assert use(timedelta()).last_used_at == moment
    assert use(timedelta(seconds=59)).last_used_at == moment
    assert use(timedelta(seconds=60)).last_used_at == moment + timedelta(seconds=60)


def test_the_number_of_active_tokens_is_limited(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(tokens, "MAX_TOKENS", 2)
    sketch_token(world.alice)
    sketch_token(world.alice).token.revoke(now=now())
    sketch_token(world.alice)

    with pytest.raises(NotAllowedError):
        sketch_token(world.alice)
    response = signed_in(world.alice).post(
        "/account/tokens/create/", {"name": "another", "scope": "read", "days": "1"}, follow=True
    )
    assert "2 active tokens" in response.content.decode()
