"""Forms of accounts: those of django-allauth and of the admin site, extended."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AdminPasswordChangeForm
from django.contrib.auth.models import AbstractBaseUser, User
from django.utils import timezone
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language, gettext, gettext_lazy

from sessions_app.operations.accounts.tokens import list_revocable_tokens

MAX_NAMES = 5


class ResetPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """An address.

    Only the worker looks for its account, so that this takes the same time with and without one.
    """

    def clean_email(self) -> str:
        email: str = get_adapter().clean_email(self.cleaned_data["email"].lower())
        return email


class RevokeTokensMixin(forms.Form):
    """Offer to revoke the user's access tokens together with the old password."""

    user: AbstractBaseUser | None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():  # django-allauth capitalizes every word
            if get_language() == settings.LANGUAGE_CODE:
                field.label = capfirst(str(field.label).lower())
        self.tokens = [] if self.user is None else list_revocable_tokens(self.user, now=timezone.now())
        if self.tokens:
            names = ", ".join(f"“{token.name}”" for token in self.tokens[:MAX_NAMES])
            others = len(self.tokens) - MAX_NAMES
            label = gettext("Revoke all access tokens (%(names)s)")
            if others > 0:
                label = gettext("Revoke all access tokens (%(names)s and %(count)s more)")
            self.fields["revoke_tokens"] = forms.BooleanField(
                required=False,
                label=label % {"names": names, "count": others},
                help_text=gettext_lazy(
                    "Do this if someone else may know the old password. Programs that use the tokens need new "
                    "ones."
                ),
            )

    def revoke_tokens(self) -> int:
        """Revoke the tokens if that was chosen; return their number."""
        if not self.cleaned_data.get("revoke_tokens"):
            return 0
        now = timezone.now()
        return sum(token.revoke(now=now) for token in self.tokens)


class ChangePasswordForm(RevokeTokensMixin, allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # see above
    pass


class SetPasswordForm(RevokeTokensMixin, allauth_forms.SetPasswordForm):  # type: ignore[misc]  # see above
    pass


class ResetPasswordKeyForm(RevokeTokensMixin, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # see above
    pass


class OperatorPasswordForm(AdminPasswordChangeForm):  # type: ignore[type-arg]  # not generic at run time
    """Form of the admin site; the user receives a notice."""

    # Django's own is in the language of the process, because it joins its texts when the class is defined.
    usable_password_help_text = format_lazy(  # type: ignore[assignment]  # a lazy text, as in Django
        '{}<ul id="id_unusable_warning" class="messagelist"><li class="warning">{}</li></ul>',
        gettext_lazy(
            "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to"
            " authenticate using other backends, such as Single Sign-On or LDAP."
        ),
        gettext_lazy("If disabled, the current password for this user will be lost."),
    )

    def save(self, commit: bool = True) -> User:  # noqa: FBT001, FBT002 (signature of Django)
        user: User = super().save(commit)
        get_adapter().send_notification_mail("account/email/password_changed_by_operator", user)
        return user
