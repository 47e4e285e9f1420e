"""An invalid variable stops the portal with a sentence that names it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.one_stack
PROXIES = "TRUSTED_PROXIES must be addresses and networks such as 127.0.0.1,10.0.0.0/8"


@pytest.mark.parametrize("key", ["secret", "x" * 31])
def test_a_team_needs_a_long_secret_key(key: str):
    process = subprocess.run(
        [sys.executable, "-c", "import dubbing_sessions.settings"],
        env={**os.environ, "DATABASE_URL": "postgres://localhost/none", "SECRET_KEY": key},
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode
    assert f"SECRET_KEY must have at least 32 characters, not {len(key)}" in process.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TRUSTED_PROXIES", "proxy.example.com", PROXIES),
        ("TRUSTED_PROXIES", "10.0.0.1/8", PROXIES),
        ("TRUSTED_PROXIES", "127.0.0.1;::1", PROXIES),
        ("SITE_URL", "https://example.com/dubbing/", "SITE_URL must be an address without a path"),
        ("SITE_URL", "https://example.com?a=b", "SITE_URL must be an address without a path"),
        ("MAX_UPLOAD_GIB", "5121", "MAX_UPLOAD_GIB must be at most 5120, not 5121."),
        ("MAX_UPLOAD_GIB", "many", "MAX_UPLOAD_GIB must be a whole number, not 'many'."),
        ("API_RATE_PER_MINUTE", "0", "API_RATE_PER_MINUTE must be at least 1, not 0."),
    ],
)
def test_an_invalid_variable_is_named(name: str, value: str, sentence: str):
    process = subprocess.run(
        [sys.executable, "-c", "import dubbing_sessions.settings"],
        env={**os.environ, name: value},
        capture_output=True,
        text=True,
        check=False,
    )

    assert process.returncode
    assert sentence in process.stderr
