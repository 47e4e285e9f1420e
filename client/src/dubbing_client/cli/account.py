"""`dubs login`, `dubs logout`."""

from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser, Namespace

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import SignedOutError, UsageError
from dubbing_client.portal import clean_url
from dubbing_client.retries import Retries


def declare_login(command: ArgumentParser) -> None:
    command.add_argument(
        "url", metavar="URL", help="the portal's address, such as https://dubbing.example.com"
    )
    command.add_argument("--token-stdin", action="store_true", help="read the token from stdin")


def run_login(options: Namespace, terminal: Terminal) -> int:
    url = clean_url(options.url)
    token = _token(url, options, terminal)
    with Api(url, token, retries=Retries(tries=2)) as api:
        me = api.me()
    config.write(config.Login(url=url, token=token))
    scope = me["token"]["scope"] if me["token"] else "write"
    expires = me["token"]["expires_at"] if me["token"] else None
    sentences = [f"Signed in to {url} as {me['name']}."]
    if scope == "read":
        sentences.append("The token may read only: saving, importing and removing will be refused.")
    if expires:
        sentences.append(f"It expires at {expires}.")
    terminal.result(
        {"url": url, "name": me["name"], "scope": scope, "expires_at": expires, "config": str(config.path())},
        *sentences,
    )
    return 0


def _token(url: str, options: Namespace, terminal: Terminal) -> str:
    if options.token_stdin:
        token = sys.stdin.readline().strip()
    elif terminal.can_ask:
        terminal.tell(f"Make a token on {url}/account/tokens/ and paste it here; it is not shown.")
        token = getpass.getpass("Token: ", stream=sys.stderr).strip()
    else:
        raise UsageError("There is nobody to ask for a token: give it on stdin with --token-stdin.")
    if not token or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError("That is no token. One begins with dubs_ and has no spaces.")
    return token


def declare_logout(command: ArgumentParser) -> None:
    command.add_argument("--keep-token", action="store_true", help="forget it here alone")


def run_logout(options: Namespace, terminal: Terminal) -> int:
    login = config.read()
    is_revoked = False
    if not options.keep_token:
        with Api(login.url, login.token, retries=Retries(tries=2)) as api:
            try:
                api.revoke_token()
                is_revoked = True
            except SignedOutError:  # somebody did so before
                is_revoked = True
    config.forget()
    terminal.result({"url": login.url, "revoked": is_revoked}, f"Signed out of {login.url}.")
    return 0
