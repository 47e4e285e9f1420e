"""State of each derivative: it exists, will be made, or cannot be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from dubbing_core.media_facts import MediaFacts
from sessions_app.media.plan import Kind, plan_kinds
from sessions_app.models import Derivative
from sessions_app.queries.derivatives import find_derivatives


class DerivativeState(StrEnum):
    READY = "ready"
    QUEUED = "queued"
    """Not made yet: a worker for media, or for light copies, makes it."""
    FAILED = "failed"
    """It cannot be made of this file."""
    NOT_NEEDED = "not_needed"
    """Such as a poster of audio, or a light copy of what browsers play."""


@dataclass(frozen=True, kw_only=True)
class FileDerivative:
    state: DerivativeState
    row: Derivative | None = None
    """Of those that were made, or cannot be."""


def group_derivatives(blobs: Iterable[int]) -> Mapping[int, Mapping[str, Derivative]]:
    """Return what was made of blobs, by blob and kind: one query."""
    made: dict[int, dict[str, Derivative]] = defaultdict(dict)
    for derivative in find_derivatives(sorted(set(blobs))):
        made[derivative.source_id][derivative.kind] = derivative
    return made


def describe_derivatives(
    facts: MediaFacts, path: str, made: Mapping[str, Derivative]
) -> dict[Kind, FileDerivative]:
    """Return the state of every kind, for a file whose facts are known."""
    planned = plan_kinds(facts, path)
    return {kind: _describe(made.get(kind), is_planned=kind in planned) for kind in Kind}


def _describe(row: Derivative | None, *, is_planned: bool) -> FileDerivative:
    if row is None:
        state = DerivativeState.QUEUED if is_planned else DerivativeState.NOT_NEEDED
    else:
        state = DerivativeState.FAILED if row.reason else DerivativeState.READY
    return FileDerivative(state=state, row=row)
