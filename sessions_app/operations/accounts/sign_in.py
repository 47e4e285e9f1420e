"""Throttles of sign-in.

Devices on which the user has signed in before have a throttle of their own, so that no stranger can lock a user out
(OWASP, "Slow Down Online Guessing Attacks with Device Cookies").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Q

from sessions_app.operations.accounts.throttles import Throttle, record_hit

DEVICE = Throttle(
    name="sign-in-device",
    free=10,
    shortest=timedelta(seconds=30),
    longest=timedelta(minutes=15),
    window=timedelta(days=1),
)
ADDRESS_AND_LOGIN = Throttle(
    name="sign-in-address-and-login",
    free=5,
    shortest=timedelta(seconds=30),
    longest=timedelta(hours=1),
    window=timedelta(days=1),
)
ADDRESS = Throttle(
    name="sign-in-address",
    free=20,
    shortest=timedelta(seconds=5),
    longest=timedelta(minutes=10),
    window=timedelta(hours=1),
)
"""Guesses at many accounts from one address."""
LOGIN = Throttle(
    name="sign-in-login",
    free=20,
    shortest=timedelta(seconds=1),
    longest=timedelta(minutes=1),
    window=timedelta(hours=1),
)
"""Guesses at one account from many addresses: about 60 an hour. It delays the user, too, but only on unknown devices."""


def record_sign_in_attempt(*, login: str, address: str, device: str | None, now: datetime) -> list[int]:
    """Count an attempt before the password is checked; return the ids to forget it by.

    :param login: as typed. Whether there is such an account makes no difference, so refusals reveal nothing.
    :param device: id of the device, if the user has signed in on it before.
    :raises ThrottledError: there were too many failed attempts.
    """
    name = fold_login(login)
    if device is not None:
        return record_hit([DEVICE.on(f"{device} {name}")], now=now)
    subjects = [ADDRESS_AND_LOGIN.on(f"{address} {name}"), ADDRESS.on(address), LOGIN.on(name)]
    return record_hit(subjects, now=now)


def fold_login(login: str) -> str:
    """Return one text for all spellings by which a database finds an account."""
    return unicodedata.normalize("NFKC", login.strip()).upper().casefold()


def has_login(login: str, user_ids: Collection[int]) -> bool:
    """Return whether one of the users signs in by this name or address."""
    is_login = Q(username__iexact=login) | Q(email__iexact=login) | Q(emailaddress__email__iexact=login)
    return bool(user_ids) and User.objects.filter(is_login, pk__in=user_ids).exists()
