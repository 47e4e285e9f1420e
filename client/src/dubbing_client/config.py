"""The portal and token to use.

They are saved by `dubs login`, and overridden by ``DUBS_URL`` and ``DUBS_TOKEN``.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dubbing_client.api import Api
from dubbing_client.errors import ConfigError
from dubbing_client.rest import normalized_url
from dubbing_client.retries import Retries
from dubbing_client.user_files import config_dir, read_json, write_private


@dataclass(frozen=True)
class Login:
    url: str
    token: str


def path() -> Path:
    return config_dir() / "config.json"


def read() -> Login:
    """Return the portal and token to use.

    :raises ConfigError: the user is not signed in.
    """
    saved = read_json(path()) or {}
    url = os.environ.get("DUBS_URL") or str(saved.get("url", ""))
    if not url:
        raise ConfigError("You are not signed in to a portal: dubs login URL")
    url = normalized_url(url)
    # A saved token is only sent to the portal that issued it.
    token = os.environ.get("DUBS_TOKEN") or (str(saved.get("token", "")) if saved.get("url") == url else "")
    if not token:
        raise ConfigError(f"You are not signed in to {url}: dubs login {url}")
    return Login(url=url, token=token)


def write(login: Login) -> None:
    document = {"url": login.url, "token": login.token}
    write_private(path(), json.dumps(document, indent=2).encode() + b"\n")


def delete() -> None:
    with contextlib.suppress(FileNotFoundError):
        path().unlink()


def connect(*, attempts: int | None = None, on_retry: Callable[[str], object] | None = None) -> Api:
    """Return the API of the portal that the user is signed in to.

    :param attempts: how often a failing call is made; ``DUBS_TRIES`` overrides it.
    :raises ConfigError: the user is not signed in.
    """
    login = read()
    variable = os.environ.get("DUBS_TRIES", "")
    if variable and not (variable.isdigit() and int(variable)):
        raise ConfigError(f"DUBS_TRIES must be a whole number from 1, not “{variable}”.")
    attempts = int(variable) if variable else attempts
    return Api(login.url, login.token, retries=Retries(attempts) if attempts else None, on_retry=on_retry)
