"""`dubs login`, `dubs logout`."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser, Namespace

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import SignedOutError, UsageError
from dubbing_client.rest import normalized_url
from dubbing_client.retries import Retries

ATTEMPTS = 2


def declare_login(command: ArgumentParser) -> None:
    command.add_argument(
        "url", metavar="URL", help="the portal's address, such as https://dubbing.example.com"
    )
    command.add_argument("--token-stdin", action="store_true", help="read the token from stdin")


def run_login(options: Namespace, terminal: Terminal) -> int:
    url = normalized_url(options.url)
    token = _read_token(url, options, terminal)
    with Api(url, token, retries=Retries(ATTEMPTS)) as api:
        me = api.me()
    config.write(config.Login(url=url, token=token))
    scope = me["token"]["scope"] if me["token"] else "write"
    expires_at = me["token"]["expires_at"] if me["token"] else None
    sentences = [f"Signed in to {url} as {me['name']}."]
    if scope == "read":
        sentences.append("The token is read-only: you cannot save, import or delete.")
    if expires_at:
        sentences.append(f"The token expires at {expires_at}.")
    terminal.done(
        {
            "url": url,
            "name": me["name"],
            "scope": scope,
            "expires_at": expires_at,
            "config": str(config.path()),
        },
        *sentences,
    )
    return 0


def _read_token(url: str, options: Namespace, terminal: Terminal) -> str:
    if options.token_stdin:
        token = sys.stdin.readline().strip()
    elif terminal.can_ask:
        terminal.notify(f"Create a token at {url}/account/tokens/ and paste it here; it is not shown.")
        token = getpass.getpass("Token: ", stream=sys.stderr).strip()
    else:
        raise UsageError("There is no terminal to ask for a token: pass it on stdin with --token-stdin.")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError("This is not a token. Tokens start with dubs_ and contain no spaces.")
    return token


def declare_logout(command: ArgumentParser) -> None:
    command.add_argument("--keep-token", action="store_true", help="do not revoke the token in the portal")


def run_logout(options: Namespace, terminal: Terminal) -> int:
    login = config.read()
    is_revoked = False
    if not options.keep_token:
        with Api(login.url, login.token, retries=Retries(ATTEMPTS)) as api:
            try:
                api.revoke_token()
                is_revoked = True
            except SignedOutError:  # already revoked
                is_revoked = True
    config.delete()
    terminal.done({"url": login.url, "revoked": is_revoked}, f"Signed out of {login.url}.")
    return 0
