from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from sessions_app.management.portal_command import PortalCommand, user_named
from sessions_app.models import AccessToken
from sessions_app.operations.accounts.tokens import create_token


class Command(PortalCommand):
    help = "Make an access token, with which programs use the portal in somebody's name."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--owner", required=True, help="In whose name.")
        parser.add_argument("--name", required=True, help="What it is for, such as where it is used.")
        parser.add_argument(
            "--scope",
            choices=AccessToken.Scope.values,
            default="read",
            help="What it may do; read by default.",
        )
        parser.add_argument(
            "--days", type=int, help="For how long it works; without this option, until it is revoked."
        )

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        made = create_token(
            owner=user_named(options["owner"]),
            name=options["name"],
            scope=AccessToken.Scope(options["scope"]),
            days=options["days"],
            now=timezone.now(),
        )
        expires_at = made.token.expires_at
        return {
            "token": made.secret,
            "name": made.token.name,
            "scope": made.token.scope,
            "expires_at": expires_at.isoformat() if expires_at else None,
        }

    def describe(self, answer: Any) -> str:
        return str(answer["token"])
