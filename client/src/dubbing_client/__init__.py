"""A client for Dubbing Sessions: saves a pipeline's folder to a portal and loads it back, byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dubbing_client.manager import ProjectSessionManager
    from dubbing_client.sessions.collecting import collect_session_data

__all__ = ["ProjectSessionManager", "__version__", "collect_session_data"]

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # When they are asked for: `dubs` starts without them.
    if name == "ProjectSessionManager":
        from dubbing_client.manager import ProjectSessionManager  # noqa: PLC0415

        return ProjectSessionManager
    if name == "collect_session_data":
        from dubbing_client.sessions.collecting import collect_session_data  # noqa: PLC0415

        return collect_session_data
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
