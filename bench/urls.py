"""The portal's pages and what its downloads are compared with, so that both go through one server."""

from __future__ import annotations

from django.urls import path

from bench.views import zipstream
from dubbing_sessions.urls import urlpatterns as portal

urlpatterns = [path("peers/zipstream-ng/", zipstream), *portal]
