"""URLs of the portal and of the peers' views, so that both use the same server."""

from __future__ import annotations

from django.urls import path

from bench.views import zipstream
from dubbing_sessions.urls import urlpatterns as portal

urlpatterns = [path("peers/zipstream-ng/", zipstream), *portal]
