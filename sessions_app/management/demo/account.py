"""Account of the demo session: the first account of an embedded portal."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User

from sessions_app.operations.accounts.users import create_user

NAME = "demo"


def get_password_file() -> Path:
    file: Path = settings.DATA_DIR / "demo-password"
    return file


def ensure_account() -> User:
    """Return the demo account; create it if necessary.

    It has a random password and may use the admin site.
    """
    user = User.objects.filter(username=NAME).first()
    if user is not None:
        return user
    password = secrets.token_urlsafe(9)
    # Stored first: without its password the account would be useless.
    get_password_file().unlink(missing_ok=True)
    descriptor = os.open(get_password_file(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{password}\n")
    return create_user(name=NAME, password=password, is_operator=True)


def describe_sign_in() -> list[str]:
    """Return instructions for signing in, with a generated password if valid."""
    user = User.objects.filter(username=NAME, is_active=True).first()
    try:
        password = get_password_file().read_text(encoding="ascii").strip()
    except FileNotFoundError:
        password = ""
    if user is not None and password and user.check_password(password):
        return [f"Sign in as {NAME} with the password {password}"]
    if User.objects.exists():
        return ["Sign in with your account. To create another: .venv/bin/python manage.py create_user NAME"]
    return ["There is no account yet. To create one: .venv/bin/python manage.py create_user NAME --staff"]
