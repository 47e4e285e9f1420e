"""Errors of operations, each with a stable code and a sentence for users.

Views, the API, tasks and commands translate them; nothing else catches them.

    OperationError
    ├── NotAllowedError       the caller may see the object but not do this to it
    ├── ConflictError         another user saved in the meantime
    ├── UnchangedError        there is nothing new to save
    ├── BadInputError         the input cannot be used
    │   └── IncompleteError   parts of an upload are missing
    ├── OverQuotaError        the caller's storage quota is exceeded
    └── BusyError             trying again in a moment will work

    JobEnded                  not an error: leaves a running job
    ├── JobCancelled          a user cancelled it
    └── JobLost               another attempt owns the job
"""

from __future__ import annotations


class OperationError(Exception):
    """An anticipated refusal."""

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.code


class NotAllowedError(OperationError):
    code = "not_allowed"


class ConflictError(OperationError):
    """Conflict with the current version, whose number is ``current``."""

    code = "conflict"

    def __init__(self, message: str, *, current: int) -> None:
        super().__init__(message)
        self.current = current


class UnchangedError(OperationError):
    code = "unchanged"


class BadInputError(OperationError):
    code = "bad_input"


class IncompleteError(BadInputError):
    """Incomplete uploads: ``missing`` part numbers, from 1, by the upload's code."""

    code = "upload_incomplete"

    def __init__(self, message: str, *, missing: dict[str, list[int]]) -> None:
        super().__init__(message)
        self.missing = missing


class OverQuotaError(OperationError):
    code = "over_quota"


class BusyError(OperationError):
    """Temporary refusal: a retry in a moment will succeed."""

    code = "busy"


class JobEnded(Exception):  # noqa: N818 (control flow, as StopIteration is: it ends a running job)
    pass


class JobCancelled(JobEnded):
    pass


class JobLost(JobEnded):
    pass
