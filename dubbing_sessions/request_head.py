"""Head of a request, as far as the event loop needs it before gunicorn parses it."""

from __future__ import annotations

import re

MAX_SMALL_BODY = 64 * 1024
MAX_HEAD = 64 * 1024
"""Larger heads go to gunicorn's parser at once, which refuses them."""
HEAD_END = b"\r\n\r\n"
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,18})[ \t]*\r", re.IGNORECASE)
UNKNOWN_BODY = re.compile(rb"\r\n(?:expect|transfer-encoding):", re.IGNORECASE)
API = re.compile(rb"[\r\n]*[A-Z]+ /api/")
HEALTH_CHECK = re.compile(rb"[\r\n]*(?:GET|HEAD) /(?:healthz|readyz)[ ?]")
CREDENTIALS = re.compile(rb"\r\n(?:authorization|cookie):[ \t]*([^\r\n]*)", re.IGNORECASE)


def has_arrived(data: bytearray) -> bool:
    """Return whether the head and a small body have arrived.

    Gunicorn parses the request; a wrong guess here only makes a thread wait.
    """
    end = _find_head_end(data)
    if end < 0:
        return len(data) > MAX_HEAD
    return has_large_body(data) or len(data) - end >= _body_size(data, end)


def has_large_body(data: bytearray) -> bool:
    """Return whether a thread has to wait for the body."""
    end = _find_head_end(data)
    return _body_size(data, end) > MAX_SMALL_BODY or UNKNOWN_BODY.search(data, 0, max(end, 0)) is not None


def is_health_check(data: bytes | bytearray) -> bool:
    """Return whether a probe asks for the state of the process."""
    return HEALTH_CHECK.match(data) is not None


def _find_head_end(data: bytearray) -> int:
    """Return the length of the head, or -1 if it has not arrived."""
    start = len(data) - len(data.lstrip(b"\r\n"))
    end = data.find(HEAD_END, start)
    return end if end < 0 else end + len(HEAD_END)


def _body_size(data: bytearray, end: int) -> int:
    length = CONTENT_LENGTH.search(data, 0, max(end, 0))
    return int(length[1]) if length else 0


def find_api_caller(head: bytes | bytearray) -> bytes | None:
    """Return the credentials of an API request, or None if it is another request."""
    if not API.match(head):
        return None
    credentials = CREDENTIALS.search(head, 0, max(0, head.find(HEAD_END)))
    return bytes(credentials[1]) if credentials else b""
