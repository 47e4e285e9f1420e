"""Which portal, and as whom: written by `dubs login`, overruled by ``DUBS_URL`` and ``DUBS_TOKEN``."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dubbing_client.api import Api
from dubbing_client.errors import ConfigError
from dubbing_client.homes import config_home, read_json, write_private
from dubbing_client.portal import clean_url
from dubbing_client.retries import Retries


@dataclass(frozen=True)
class Login:
    url: str
    token: str


def path() -> Path:
    return config_home() / "config.json"


def read() -> Login:
    """Return the portal to talk to.

    :raises ConfigError: nobody signed in.
    """
    kept = read_json(path()) or {}
    url = os.environ.get("DUBS_URL") or str(kept.get("url", ""))
    if not url:
        raise ConfigError("You are not signed in to a portal: dubs login URL")
    url = clean_url(url)
    # A token is only ever shown to the portal that made it.
    token = os.environ.get("DUBS_TOKEN") or (str(kept.get("token", "")) if kept.get("url") == url else "")
    if not token:
        raise ConfigError(f"You are not signed in to {url}: dubs login {url}")
    return Login(url=url, token=token)


def write(login: Login) -> None:
    document = {"url": login.url, "token": login.token}
    write_private(path(), json.dumps(document, indent=2).encode() + b"\n")


def forget() -> None:
    with contextlib.suppress(FileNotFoundError):
        path().unlink()


def connect(*, tries: int | None = None, on_trouble: Callable[[str], object] | None = None) -> Api:
    """Return the API of the portal that was signed in to.

    :param tries: how often a call is made that fails for the moment; ``DUBS_TRIES`` wins.
    :raises ConfigError: nobody signed in.
    """
    login = read()
    told = os.environ.get("DUBS_TRIES", "")
    if told and not (told.isdigit() and int(told)):
        raise ConfigError(f"DUBS_TRIES must be a whole number from 1 on, not “{told}”.")
    tries = int(told) if told else tries
    return Api(login.url, login.token, retries=Retries(tries) if tries else None, on_trouble=on_trouble)
