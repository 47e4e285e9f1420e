"""Results of the storage self-test, for the operator."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Outcome(enum.StrEnum):
    OK = "ok"
    WARNING = "warning"
    """The portal works without it; the message describes how."""
    FAILED = "failed"
    """The portal needs it."""


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    check: str
    """A stable name, for scripts."""
    outcome: Outcome
    message: str
    """A sentence for the operator."""

    @classmethod
    def ok(cls, check: str, message: str) -> CheckResult:
        return cls(check=check, outcome=Outcome.OK, message=message)

    @classmethod
    def warning(cls, check: str, message: str) -> CheckResult:
        return cls(check=check, outcome=Outcome.WARNING, message=message)

    @classmethod
    def failed(cls, check: str, message: str) -> CheckResult:
        return cls(check=check, outcome=Outcome.FAILED, message=message)

    def as_dict(self) -> dict[str, str]:
        return {"check": self.check, "outcome": self.outcome.value, "message": self.message}
