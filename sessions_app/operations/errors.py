"""What operations refuse, each with a stable code and a sentence for people.

Views, tasks and commands translate them; nobody else catches them.

    OperationError
    ├── NotAllowedError   the caller may see the thing but not do this to it
    ├── ConflictError     somebody saved in the meantime
    ├── UnchangedError    there is nothing new to save
    ├── BadInputError     what was sent cannot be used
    │   └── IncompleteError   parts of an upload are missing
    ├── OverQuotaError    the caller uses as much storage as they may
    ├── BusyError         trying again in a moment will work
    └── JobEnded          (raised inside a running job)
        ├── JobCancelled  a person asked it to stop
        └── JobLost       another attempt owns the job by now
"""

from __future__ import annotations


class OperationError(Exception):
    """An anticipated refusal."""

    code = "refused"
    permanent = True

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code


class NotAllowedError(OperationError):
    code = "not_allowed"


class ConflictError(OperationError):
    """Carries the number of the version that is current instead."""

    code = "conflict"

    def __init__(self, message: str, *, current: int) -> None:
        super().__init__(message)
        self.current = current


class UnchangedError(OperationError):
    code = "unchanged"


class BadInputError(OperationError):
    code = "bad_input"


class IncompleteError(BadInputError):
    """Carries which parts are missing: numbers from 1, by the upload's code."""

    code = "upload_incomplete"

    def __init__(self, message: str, *, missing: dict[str, list[int]]) -> None:
        super().__init__(message)
        self.missing = missing


class OverQuotaError(OperationError):
    code = "over_quota"


class BusyError(OperationError):
    """Trying again in a moment will work."""

    code = "busy"
    permanent = False


class JobEnded(Exception):  # noqa: N818 (not an error: a way out of a running job)
    pass


class JobCancelled(JobEnded):
    pass


class JobLost(JobEnded):
    pass
