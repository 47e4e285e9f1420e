"""Secrets in log lines."""

from __future__ import annotations

import logging
import secrets
import sys

import pytest

from dubbing_sessions.logs import RedactingFormatter, redact, redact_handlers

SECRET = "-" + secrets.token_urlsafe(16)[1:]


@pytest.mark.parametrize(
    "line",
    [
        "Not Found: /s/{}/",
        '127.0.0.1 - - "GET /s/{}/download/ HTTP/1.1" 200 5 "https://dubbing.example.com/s/{}/" "curl"',
        '"GET /accounts/login/?next=/s/{}/ HTTP/1.1" 200',
        '"GET /accounts/login/?next=%2Fs%2F{}%2F HTTP/1.1" 200',
        "Not Found: /S/{}",
        "Internal Server Error: /accounts/password/reset/key/1-{}/",
        "Not Found: /accounts/confirm-email/MQ:1tXyZa:{}/",
        "Authorization: Bearer dubs_{}",
        "PUT https://s3.example.com/b/k?X-Amz-Signature={}&partNumber=1 failed",
    ],
)
def test_secrets_are_redacted(line: str):
    redacted = redact(line.replace("{}", SECRET))

    assert SECRET not in redacted
    assert redacted.startswith(line.partition("{}")[0].removesuffix("1-").removesuffix("MQ:1tXyZa:"))


@pytest.mark.parametrize(
    "line",
    [
        "Not Found: /sessions/4f7c0f0e-0000-4000-8000-000000000000/",
        "Token laptop (dubs_a1b2c…) was revoked",
        "Not Found: /accounts/password/reset/done/",
    ],
)
def test_other_lines_stay(line: str):
    assert redact(line) == line


def test_tracebacks_are_redacted():
    try:
        raise ValueError(f"/s/{SECRET}/")  # noqa: TRY301 (its traceback is needed)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "x", 1, "%s failed", ("GET",), sys.exc_info())

    text = RedactingFormatter(logging.Formatter("%(message)s")).format(record)

    assert text.startswith("GET failed\nTraceback")
    assert SECRET not in text


def test_the_access_log_of_another_program_is_redacted(capsys: pytest.CaptureFixture[str]):
    logger = logging.getLogger(secrets.token_hex(8))
    logger.setLevel(logging.INFO)
    logger.propagate = False
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("access: %(message)s"))
    logger.addHandler(handler)
    redact_handlers(logger)
    redact_handlers(logger)

    logger.info('%(r)s "%(f)s"', {"r": f"GET /s/{SECRET}/", "f": f"http://localhost/s/{SECRET}/"})

    assert capsys.readouterr().err == 'access: GET /s/[redacted]/ "http://localhost/s/[redacted]/"\n'
