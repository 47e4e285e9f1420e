"""The portal's settings with additional URLs for the peers' views."""

from __future__ import annotations

from dubbing_sessions.settings import *  # noqa: F403 (the usual way to extend Django settings)

ROOT_URLCONF = "bench.urls"
