"""Language of a user, for mails and for the next browser."""

from __future__ import annotations

from contextlib import AbstractContextManager

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import get_language, override

from sessions_app.models import Preferences

LANGUAGES = frozenset(code for code, _ in settings.LANGUAGES)


def set_language(user: AbstractBaseUser, language: str) -> None:
    """Store the language that a user chose, one of the settings."""
    Preferences.objects.update_or_create(user_id=user.pk, defaults={"language": language})


def find_language(user: AbstractBaseUser) -> str | None:
    """Return the language that a user chose, or None."""
    language = Preferences.objects.filter(user_id=user.pk).values_list("language", flat=True).first()
    return language if language in LANGUAGES else None


def in_language_of(user: AbstractBaseUser) -> AbstractContextManager[None]:
    """Activate the user's language, or keep that of the request."""
    return override(find_language(user) or get_language())
