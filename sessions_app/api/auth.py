"""Authentication of API requests: an access token, or the session of a browser."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from ninja.security.apikey import APIKeyCookie
from ninja.security.http import HttpBearer
from ninja.utils import check_csrf

from sessions_app.api import rates
from sessions_app.api.problems import ProblemError
from sessions_app.models import AccessToken, Job
from sessions_app.operations.accounts.tokens import find_token, record_token_use


@dataclass(frozen=True, kw_only=True)
class Caller:
    user: User
    token: AccessToken | None
    """None for a browser."""


class ApiRequest(HttpRequest):
    """An authenticated request, as every endpoint receives it."""

    auth: Caller
    user: User
    claimed_job: Job
    """If set, the job that the request runs after the transaction in which it was created."""


class TokenAuth(HttpBearer):
    """An access token: `Authorization: Bearer dubs_...`."""

    def __init__(self, *, requires_write: bool) -> None:
        super().__init__()
        self.requires_write = requires_write

    def authenticate(self, request: HttpRequest, token: str) -> Caller:
        now = timezone.now()
        access_token = find_token(secret=token.strip(), now=now)
        if access_token is None:
            rates.count_failure(request)
            # One response for unknown, expired and revoked tokens: a guess learns nothing.
            raise ProblemError(
                HTTPStatus.UNAUTHORIZED,
                "bad_token",
                gettext("This access token is invalid, expired or revoked. Create a new one in the portal."),
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        if self.requires_write and not access_token.can_write:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "scope",
                gettext("This access token is read-only. Use a token of scope “write”."),
                headers={"WWW-Authenticate": 'Bearer error="insufficient_scope", scope="write"'},
            )
        record_token_use(token=access_token, now=now)
        request.user = access_token.owner
        return Caller(user=access_token.owner, token=access_token)


class BrowserAuth(APIKeyCookie):
    """The portal's own session; unsafe methods also require `X-CSRFToken`."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Caller | None:
        if request.headers.get("Authorization") or not request.user.is_authenticated:
            return None
        if check_csrf(request) is not None:
            raise ProblemError(
                HTTPStatus.FORBIDDEN,
                "csrf",
                gettext("The header X-CSRFToken is missing or out of date. Reload the page and try again."),
            )
        assert isinstance(request.user, User)
        return Caller(user=request.user, token=None)

    def authenticate(self, request: HttpRequest, key: str | None) -> None:
        raise NotImplementedError  # abstract in the base class; `__call__` replaces its only caller


def not_signed_in() -> ProblemError:
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        "signed_out",
        gettext("Send an access token in the header “Authorization: Bearer dubs_...”."),
        headers={"WWW-Authenticate": "Bearer"},
    )


READ_AUTH = [TokenAuth(requires_write=False), BrowserAuth()]
WRITE_AUTH = [TokenAuth(requires_write=True), BrowserAuth()]
