"""What was found out about a place that keeps bytes, for the operator who sets it up."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    OK = "ok"
    CANNOT = "cannot"
    """The portal does without it; the message says how."""
    FAILED = "failed"
    """The portal needs it."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    check: str
    """A stable name, for scripts."""
    outcome: Outcome
    message: str
    """What that means, as a sentence."""

    @classmethod
    def ok(cls, check: str, message: str) -> Finding:
        return cls(check=check, outcome=Outcome.OK, message=message)

    @classmethod
    def cannot(cls, check: str, message: str) -> Finding:
        return cls(check=check, outcome=Outcome.CANNOT, message=message)

    @classmethod
    def failed(cls, check: str, message: str) -> Finding:
        return cls(check=check, outcome=Outcome.FAILED, message=message)

    def as_dict(self) -> dict[str, str]:
        return {"check": self.check, "outcome": self.outcome.value, "message": self.message}
