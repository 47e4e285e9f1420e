"""The mail server, and what happens while it does not respond."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from smtplib import SMTPConnectError, SMTPException, SMTPServerDisconnected

from django.core.cache import cache

OUTAGE_KEY = "mail-server-outage"
OUTAGE_SECONDS = 60
"""Between attempts to reach a server that did not respond."""

logger = logging.getLogger(__name__)


class MailServerUnavailableError(OSError):
    """The server did not respond a moment ago."""


@contextmanager
def use_mail_server() -> Iterator[None]:
    """Send mail in this context; fail at once while the server does not respond.

    Each attempt occupies a process of the worker until it fails. Users can request many mails without signing in, and jobs would wait for
    them.

    :raises MailServerUnavailableError: another mail has just found that the server does not respond.
    """
    if cache.get(OUTAGE_KEY):
        raise MailServerUnavailableError("The mail server did not respond; the next attempt follows.")
    try:
        yield
    except OSError as error:
        if not isinstance(error, SMTPException) or isinstance(
            error, SMTPServerDisconnected | SMTPConnectError
        ):
            cache.set(OUTAGE_KEY, value=True, timeout=OUTAGE_SECONDS)
            logger.warning("The mail server did not respond: %s", error)
        raise
