from __future__ import annotations

import getpass
import sys
from argparse import ArgumentParser
from typing import Any

from dubbing_sessions.env import env_str
from sessions_app.management.errors import Error
from sessions_app.management.portal_command import PortalCommand
from sessions_app.operations.accounts.users import create_user

PASSWORD_VARIABLE = "NEW_USER_PASSWORD"  # noqa: S105 (the name of a variable)


class Command(PortalCommand):
    help = "Create an account that can sign in at once."

    def add_command_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="The user name.")
        parser.add_argument(
            "--password",
            help=f"The password; by default it is read from {PASSWORD_VARIABLE}, from the file named by "
            f"{PASSWORD_VARIABLE}_FILE, or from a line of standard input.",
        )
        parser.add_argument("--email", default="", help="An email address, regarded as verified.")
        parser.add_argument("--staff", action="store_true", help="Grant full access to the admin site.")

    def perform(self, options: dict[str, Any]) -> dict[str, object]:
        user = create_user(
            name=options["name"],
            password=_read_password(options["password"]),
            email=options["email"],
            is_operator=options["staff"],
        )
        return {"name": user.username, "email": user.email, "staff": user.is_staff}

    def describe(self, result: Any) -> str:
        return f"{result['name']} can sign in now" + (" and use the admin site." if result["staff"] else ".")


def _read_password(option: str | None) -> str:
    if option is not None:
        return option
    if password := env_str(PASSWORD_VARIABLE):
        return password
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Password again: ") != password:
        raise Error("The two passwords differ. No account was created.", code="user_password")
    return password
