"""Log lines without secrets."""

from __future__ import annotations

import logging
import re

from django.conf import settings

REDACTED = "[redacted]"
_SECRETS = re.compile(
    r"""(?P<before>
          (?:/|%2F)s(?:/|%2F)                 # share link: /s/<token>/, also as an encoded parameter
        | (?:reset(?:/|%2F)key|confirm-email)(?:/|%2F)  # links in mail
        | \bdubs_                             # access token
        | \bX-Amz-(?:Signature|Security-Token)=  # signed URL of the store
        )(?:[\w:.~+-]|%3A){6,}""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)


def redact(text: str) -> str:
    """Replace the tokens of share links, mailed links, programs and signed URLs."""
    return _SECRETS.sub(rf"\g<before>{REDACTED}", text)


class RedactingFormatter(logging.Formatter):
    """Formatter that redacts the lines of another one, tracebacks included.

    A request's path can be in the message of any logger, and in the message of any exception.
    """

    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return redact(self._inner.format(record))


def redact_handlers(logger: logging.Logger) -> None:
    """Redact what the logger's handlers write. Repeated calls do no harm."""
    for handler in logger.handlers:
        if not isinstance(handler.formatter, RedactingFormatter):
            handler.setFormatter(RedactingFormatter(handler.formatter or logging.Formatter()))


def redact_web_logs() -> None:
    """Redact gunicorn's logs, which contain paths, and those of the settings.

    However gunicorn was started. Django has configured its own again, if it was set up before.
    """
    for name in ("gunicorn.access", "gunicorn.error", *settings.LOGGING["loggers"]):
        redact_handlers(logging.getLogger(name))
