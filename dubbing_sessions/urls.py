from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from sessions_app.api.app import server_error as api_error
from sessions_app.views import accounts
from sessions_app.views.errors import server_error as page_error

# Before django-allauth's own pages, which they extend.
account_urls = [
    path("login/", accounts.SignInView.as_view(), name="account_login"),
    path("password/change/", accounts.PasswordChangeView.as_view(), name="account_change_password"),
    path("password/set/", accounts.PasswordSetView.as_view(), name="account_set_password"),
    path("password/reset/", accounts.PasswordResetView.as_view(), name="account_reset_password"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        accounts.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
]
urlpatterns = [
    path("accounts/", include(account_urls)),
    path("accounts/", include("allauth.account.urls")),
    # Django's page does not limit guesses of the old password.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("api/", include("sessions_app.api.urls")),
    path("", include("sessions_app.urls")),
]


def handler500(request: HttpRequest) -> HttpResponse:
    """Return the response to an unhandled exception: a problem of the API, or a page."""
    return api_error(request) if request.path.startswith("/api/") else page_error(request)
