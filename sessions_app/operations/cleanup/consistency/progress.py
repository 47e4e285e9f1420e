"""Progress by language of versions saved before it was stored."""

from __future__ import annotations

from dubbing_core.progress_matrix import compute_document_progress
from dubbing_core.staleness import estimate_history
from dubbing_core.stored_matrix import store_matrix
from sessions_app.models import DubbingSession, Version
from sessions_app.queries.manifests import load_entries


def store_progress(version: Version) -> None:
    """Compute and store it; what was stale before is not known."""
    files = [entry for entry in load_entries(version) if not entry.is_metadata]
    version.matrix = store_matrix(compute_document_progress(version.metadata, files))
    version.input_history = estimate_history(version.metadata, files).as_dict()
    version.save(update_fields=["matrix", "input_history"])
    DubbingSession.objects.filter(current=version).update(has_stale=version.has_stale)
