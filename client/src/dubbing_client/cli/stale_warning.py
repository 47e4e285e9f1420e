"""Warnings of stale results in a version that a command exports or loads."""

from __future__ import annotations

from collections.abc import Sequence

from dubbing_client.api import Api
from dubbing_client.cli.terminal import Terminal
from dubbing_client.objects import ProgressCell, Version
from dubbing_core.categories import Category
from dubbing_core.selection import Selection
from dubbing_core.stale_warnings import CATEGORIES, describe_stale
from dubbing_core.steps import Step

MAX_LISTED = 10


def warn_of_stale(
    api: Api, terminal: Terminal, *, session: str, version: int, only: Sequence[str] = ()
) -> list[str]:
    """Write which results must be made again; return a line for each.

    :param session: its code.
    :param only: categories and languages that the command is restricted to.
    """
    results = list_stale_results(api.version(session, version), only)
    if results:
        terminal.notify(f"Stale results in version {version}, made before their inputs changed:")
    for result in results[:MAX_LISTED]:
        terminal.notify(f"  {result}")
    if len(results) > MAX_LISTED:
        terminal.notify(f"  and {len(results) - MAX_LISTED} more")
    return results


def list_stale_results(version: Version, only: Sequence[str] = ()) -> list[str]:
    """Return a line for each stale result in a part of a version."""
    progress = version.get("progress_by_language")  # of portals that compute it
    selection = Selection.from_names(only)
    return [
        describe_stale(cell["language"], cell["step"], cell["stale"]["reason"])
        for cell in (progress["cells"] if progress else ())
        if cell["stale"] and selection.includes(_get_category(cell), cell["language"])
    ]


def _get_category(cell: ProgressCell) -> Category:
    return CATEGORIES[Step(cell["step"])] if cell["step"] in set(Step) else Category.OTHER
