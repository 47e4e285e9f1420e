"""Who asks: a program with an access token, or a person's browser with its session."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from ninja.security.apikey import APIKeyCookie
from ninja.security.http import HttpBearer
from ninja.utils import check_csrf

from sessions_app.api import rates
from sessions_app.api.problems import Refused
from sessions_app.models import AccessToken
from sessions_app.operations.accounts import tokens

CHALLENGE = {"WWW-Authenticate": "Bearer"}


@dataclass(frozen=True, kw_only=True)
class Caller:
    user: User
    token: AccessToken | None
    """None for a browser."""


class ApiRequest(HttpRequest):
    """A request whose caller is known: what every operation gets."""

    auth: Caller
    user: User


class Token(HttpBearer):
    """`Authorization: Bearer dubs_...`, made on the page of access tokens."""

    def __init__(self, *, writes: bool) -> None:
        super().__init__()
        self.writes = writes

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        now = timezone.now()
        found = tokens.find(secret=token.strip(), now=now)
        if found is None:
            rates.count_failure(request)
            # One answer for tokens that never were, have expired or were revoked.
            raise Refused(
                HTTPStatus.UNAUTHORIZED,
                "bad_token",
                "This access token does not work (any more). Make a new one in the portal.",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        if self.writes and not found.can_write:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "scope",
                "This access token may only read. Use one that may write.",
                headers={"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="write"'},
            )
        tokens.record_use(token=found, now=now)
        request.user = found.owner
        return Caller(user=found.owner, token=found)


class Browser(APIKeyCookie):
    """The portal's own session; what changes something needs `X-CSRFToken` beside it."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Caller | None:
        if request.headers.get("Authorization") or not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise Refused(
                HTTPStatus.FORBIDDEN,
                "csrf",
                "The header X-CSRFToken is missing or out of date. Load the page again, then go on.",
            )
        assert isinstance(request.user, User)
        return Caller(user=request.user, token=None)

    def authenticate(self, request: HttpRequest, key: str | None) -> None:
        raise NotImplementedError


def signed_out() -> Refused:
    return Refused(
        HTTPStatus.UNAUTHORIZED,
        "signed_out",
        "Send an access token: “Authorization: Bearer dubs_...”.",
        headers=CHALLENGE,
    )


READS = [Token(writes=False), Browser()]
WRITES = [Token(writes=True), Browser()]
