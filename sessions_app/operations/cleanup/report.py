"""Report of a garbage collection."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

from sessions_app.operations.tally import Tally


@dataclass(kw_only=True)
class GarbageReport:
    """Deleted rows and bytes; in a dry run, those that would be deleted."""

    sessions: Tally = field(default_factory=Tally)
    exports: Tally = field(default_factory=Tally)
    uploads: Tally = field(default_factory=Tally)
    leftovers: Tally = field(default_factory=Tally)
    unreferenced: Tally = field(default_factory=Tally)
    """Blobs that entered the grace period."""
    blobs: Tally = field(default_factory=Tally)
    jobs: Tally = field(default_factory=Tally)
    """Finished jobs; without bytes, like the following rows."""
    records: Tally = field(default_factory=Tally)
    """Idempotency records, sign-in sessions, hits of throttles and selections for downloads."""

    @property
    def freed(self) -> int:
        """Bytes that become free in the store."""
        return sum(tally.size for tally in (self.exports, self.uploads, self.leftovers, self.blobs))

    def as_dict(self) -> dict[str, object]:
        tallies = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: {"count": tally.count, "size": tally.size} for name, tally in tallies.items()} | {
            "freed": self.freed
        }
