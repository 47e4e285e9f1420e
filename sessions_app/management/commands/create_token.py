from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from sessions_app.management.portal_command import PortalCommand, get_user
from sessions_app.models import AccessToken
from sessions_app.operations.accounts.tokens import create_token


class Command(PortalCommand):
    help = "Create an access token, with which programs act for a user."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", required=True, help="The user to act for.")
        parser.add_argument("--name", required=True, help="Its purpose, such as the machine that uses it.")
        parser.add_argument(
            "--scope",
            choices=AccessToken.Scope.values,
            default="read",
            help="Its permissions; default: read.",
        )
        parser.add_argument("--days", type=int, help="Days until it expires; default: it does not expire.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        created = create_token(
            owner=get_user(options["owner"]),
            name=options["name"],
            scope=AccessToken.Scope(options["scope"]),
            days=options["days"],
            now=timezone.now(),
        )
        expires_at = created.token.expires_at
        return {
            "token": created.secret,
            "name": created.token.name,
            "scope": created.token.scope,
            "expires_at": expires_at.isoformat() if expires_at else None,
        }

    def describe(self, result: Any) -> str:
        return str(result["token"])
