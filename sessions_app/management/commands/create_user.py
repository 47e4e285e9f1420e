from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from dubbing_sessions.env import env_str
from sessions_app.management.errors import Error
from sessions_app.management.portal_command import PortalCommand
from sessions_app.operations.accounts.users import create_user

PASSWORD_VARIABLE = "NEW_USER_PASSWORD"  # noqa: S105 (a variable's name)


class Command(PortalCommand):
    help = "Make an account that can sign in at once."

    def add_own_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="The name to sign in with.")
        parser.add_argument(
            "--password",
            help=f"The password; without this option it comes from {PASSWORD_VARIABLE}, the file that "
            f"{PASSWORD_VARIABLE}_FILE names, or a line of standard input.",
        )
        parser.add_argument("--email", default="", help="An address, taken as verified.")
        parser.add_argument("--staff", action="store_true", help="May use the admin site, all of it.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        user = create_user(
            name=options["name"],
            password=_password(options["password"]),
            email=options["email"],
            is_operator=options["staff"],
        )
        return {"name": user.username, "email": user.email, "staff": user.is_staff}

    def describe(self, answer: Any) -> str:
        return f"{answer['name']} can sign in now" + (", and use the admin site." if answer["staff"] else ".")


def _password(given: str | None) -> str:
    if given is not None:
        return given
    if password := env_str(PASSWORD_VARIABLE):
        return password
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password again: ") != password:
        raise Error("The two passwords differ. Nothing was done.", code="user_password")
    return password
