"""Authentication backends: those of Django and allauth.

They read the user of a request by a compiled query.
"""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User
from django.db.models import QuerySet

from sessions_app.models.compiled_query import compiled


@compiled
def _find_users(pk: int) -> QuerySet[User]:
    return User.objects.filter(pk=pk)


class _CompiledUsers:
    def get_user(self, user_id: Any) -> User | None:
        """Return the user of a login; each request of a browser asks for it."""
        user = next(iter(_find_users(int(user_id))), None)
        return user if user is not None and user.is_active else None


class PasswordBackend(_CompiledUsers, ModelBackend):
    pass


class EmailBackend(_CompiledUsers, AuthenticationBackend):  # type: ignore[misc]  # allauth has no types
    pass
