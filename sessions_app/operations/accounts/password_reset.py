"""Password resets: the request, and the mail that the worker sends."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from allauth.account.forms import ResetPasswordForm

from sessions_app.operations.accounts.sign_in import fold_login
from sessions_app.operations.accounts.throttles import Throttle, forget_hits, record_hit
from sessions_app.operations.errors import ThrottledError

logger = logging.getLogger(__name__)

REQUEST = Throttle(
    name="reset-request",
    free=20,
    shortest=timedelta(seconds=5),
    longest=timedelta(minutes=5),
    window=timedelta(hours=1),
)
MAIL = Throttle(
    name="reset-mail",
    free=3,
    shortest=timedelta(minutes=1),
    longest=timedelta(hours=1),
    window=timedelta(days=1),
)
"""Mails to one address. A skipped mail locks no one out: the link in the mail before it still works."""


def record_reset_request(*, source: str, now: datetime) -> None:
    """Count a request, of an address or a known device.

    :raises ThrottledError: there were too many.
    """
    record_hit([REQUEST.on(source)], now=now)


def send_password_reset(*, email: str, now: datetime) -> None:
    """Send the mail to all active users of the address, if there are any.

    In the worker, so that the request takes the same time for addresses without an account. A mail that cannot be sent does
    not count: the task is tried again.
    """
    form = ResetPasswordForm({"email": email})
    if not form.is_valid() or not form.users:
        return
    try:
        hits = record_hit([MAIL.on(fold_login(email))], now=now)
    except ThrottledError:
        logger.info("A password reset was not mailed again: the last mail to the same address is too recent.")
        return
    try:
        form.save(None)
    except Exception:
        forget_hits(hits)
        raise
