"""Sentence about the files that a save did not include."""

from __future__ import annotations

from collections.abc import Iterable

from dubbing_core.exclusions import Exclusion, ExclusionReason, describe_exclusions


def report_exclusions(exclusions: Iterable[Exclusion]) -> str:
    """Return what is left out and how to include hidden folders, or ""."""
    exclusions = list(exclusions)
    has_hidden = any(each.reason is ExclusionReason.HIDDEN_FOLDER for each in exclusions)
    hint = " Use --hidden to save hidden folders, too." if has_hidden else ""
    return describe_exclusions(exclusions) + hint
