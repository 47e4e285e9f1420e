"""Known devices: a signed cookie with the users who signed in on a browser.

It is no credential. It exempts from throttles that strangers can trigger.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

COOKIE = "dubs_device"
PATH = "/accounts/"
SALT = "sessions_app.device"
LIFETIME = timedelta(days=365)
MAX_USERS = 8
"""Users of one browser that are remembered, the latest ones."""


@dataclass(frozen=True, kw_only=True)
class Device:
    id: str
    user_ids: tuple[int, ...]


def find_device(request: HttpRequest) -> Device | None:
    """Return the device of a valid cookie."""
    try:
        value = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        return None
    return Device(id=value["id"], user_ids=tuple(value["users"]))


def remember_device(request: HttpRequest, response: HttpResponseBase, user: AbstractBaseUser) -> None:
    """Add the user to the device's cookie: they have just proved who they are."""
    device = find_device(request) or Device(id=secrets.token_urlsafe(16), user_ids=())
    others = [user_id for user_id in device.user_ids if user_id != user.pk]
    users = [*others, user.pk][-MAX_USERS:]
    response.set_cookie(
        COOKIE,
        signing.dumps({"id": device.id, "users": users}, salt=SALT),
        max_age=LIFETIME,
        path=PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
