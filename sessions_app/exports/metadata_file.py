"""The metadata.json that leaves the portal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.timezone import get_default_timezone

from dubbing_core.metadata import render_document


def render_metadata_file(document: Mapping[str, Any], *, session_name: str) -> bytes:
    """Write metadata.json with times in TIME_ZONE.

    That is how the original writes them, and how an import reads them.
    """
    return render_document(document, session_name=session_name, zone=get_default_timezone())
