"""Version of the client, as `pip` knows it."""

from __future__ import annotations

__version__ = "0.2.0"
