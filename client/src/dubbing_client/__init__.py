"""A client for Dubbing Sessions: saves a pipeline's folder to a portal and loads it back, byte for byte."""

from __future__ import annotations

from dubbing_client.manager import ProjectSessionManager
from dubbing_client.sessions.collecting import collect_session_data

__all__ = ["ProjectSessionManager", "__version__", "collect_session_data"]

__version__ = "0.1.0"
"""Everything else lies in modules of its own: ``dubbing_client.api``, ``saving``, ``loading``."""
