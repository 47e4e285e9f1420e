"""An invalid variable stops the portal with a sentence that names it."""

from __future__ import annotations

import re
from runpy import run_path

import pytest
from django.core.exceptions import ImproperlyConfigured

from tests.services.processes import ROOT

pytestmark = pytest.mark.one_stack
SETTINGS = str(ROOT / "dubbing_sessions" / "settings.py")
PROXIES = "TRUSTED_PROXIES must be addresses and networks such as 127.0.0.1,10.0.0.0/8"


@pytest.mark.parametrize("key", ["secret", "x" * 31])
def test_a_team_needs_a_long_secret_key(monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setenv("DATABASE_URL", "postgres://localhost/none")
    monkeypatch.setenv("SECRET_KEY", key)

    with pytest.raises(
        ImproperlyConfigured, match=f"SECRET_KEY must have at least 32 characters, not {len(key)}"
    ):
        run_path(SETTINGS)


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
        ("DEBUG", "yes", "DEBUG must be True or False, not 'yes'."),
        ("API_RATE_PER_MINUTE", "0", "API_RATE_PER_MINUTE must be at least 1, not 0."),
    ],
)
def test_an_invalid_variable_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str):
    monkeypatch.setenv(name, value)

    with pytest.raises(ImproperlyConfigured, match=re.escape(sentence)):
        run_path(SETTINGS)
