"""The account that whoever starts an embedded portal for the first time signs in with."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from django.conf import settings
from django.contrib.auth.models import User

from sessions_app.operations.accounts.users import create_user

NAME = "demo"


def password_file() -> Path:
    file: Path = settings.DATA_DIR / "demo-password"
    return file


def make() -> User:
    """Return the demo account, made with a random password if there is none. It may use the admin site."""
    user = User.objects.filter(username=NAME).first()
    if user is not None:
        return user
    password = secrets.token_urlsafe(9)
    # Written down first: an account that nobody can sign in to would be of no use.
    password_file().unlink(missing_ok=True)
    descriptor = os.open(password_file(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"{password}\n")
    return create_user(name=NAME, password=password, is_operator=True)


def sign_in_lines() -> list[str]:
    """Say how to sign in: with the first password as long as it works."""
    user = User.objects.filter(username=NAME, is_active=True).first()
    try:
        password = password_file().read_text(encoding="ascii").strip()
    except FileNotFoundError:
        password = ""
    if user is not None and password and user.check_password(password):
        return [f"Sign in as {NAME} with the password {password}"]
    if User.objects.exists():
        return ["Sign in with your account. Another one: .venv/bin/python manage.py create_user NAME"]
    return ["There is no account yet: .venv/bin/python manage.py create_user NAME --staff"]
