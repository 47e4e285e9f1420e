"""Users that operators create; django-allauth creates those who sign up."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from dubbing_core.sentences import sentence
from sessions_app.operations.errors import BadInputError


def create_user(*, name: str, password: str, email: str = "", is_operator: bool = False) -> User:
    """Create a user who can sign in at once; the e-mail address counts as verified.

    :param is_operator: grant all permissions on the admin site.
    :raises BadInputError: with code `user_name`, `user_name_taken`, `user_email`, `user_email_taken` or `user_password`.
    """
    email = email.strip()
    user = User(username=name, email=email, is_staff=is_operator, is_superuser=is_operator)
    _check_fields(user)
    if User.objects.filter(username__iexact=user.username).exists():
        raise _name_taken_error(name)
    if email and EmailAddress.objects.filter(email__iexact=email).exists():
        raise BadInputError(
            sentence("The address %(email)s belongs to another account.", email=email),
            code="user_email_taken",
        )
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise BadInputError(" ".join(error.messages), code="user_password") from error
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            if email:
                EmailAddress.objects.create(user=user, email=email.lower(), verified=True, primary=True)
    except IntegrityError as error:
        raise _name_taken_error(name) from error
    return user


def _check_fields(user: User) -> None:
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as error:
        field, reasons = next(iter(error.message_dict.items()))
        code, value = ("user_email", user.email) if field == "email" else ("user_name", user.username)
        raise BadInputError(f"“{value}”: {' '.join(reasons)}", code=code) from error


def _name_taken_error(name: str) -> BadInputError:
    return BadInputError(
        sentence("An account with the name %(name)s exists already.", name=name),
        code="user_name_taken",
    )
