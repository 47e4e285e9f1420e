"""Saves dubbing projects to a Dubbing Sessions portal and loads them back."""

from __future__ import annotations

from dubbing_client.manager import ProjectSessionManager
from dubbing_client.sessions.collecting import collect_session_data

__all__ = ["ProjectSessionManager", "collect_session_data"]
