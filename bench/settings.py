"""The portal's settings, with the peers' pages beside its own."""

from __future__ import annotations

from dubbing_sessions.settings import *  # noqa: F403 (that is how Django's settings build on others)

ROOT_URLCONF = "bench.urls"
