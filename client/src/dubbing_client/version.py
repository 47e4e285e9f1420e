"""Version of the client, as in `pyproject.toml`."""

from __future__ import annotations

__version__ = "0.2.0"
