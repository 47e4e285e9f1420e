"""Errors of operations, each with a stable code and a sentence for users.

Views, the API, tasks and commands translate them; nothing else catches them.

    OperationError
    ├── NotAllowedError       the caller may see the object but not do this to it
    ├── ConflictError         another user saved in the meantime
    ├── UnchangedError        there is nothing new to save
    ├── BadInputError         the input cannot be used
    │   └── IncompleteError   parts of an upload are missing
    ├── OverQuotaError        the caller's storage quota is exceeded
    ├── ThrottledError        too many attempts: trying again after a delay will work
    ├── DiskFullError         the server's disk has too little space
    └── BusyError             trying again in a moment will work

    JobEnded                  not an error: leaves a running job
    ├── JobCancelled          a user cancelled it
    └── JobLost               another attempt owns the job
"""

from __future__ import annotations

from dubbing_core.path_conflicts import PathConflicts
from dubbing_core.paths import escape_unprintable
from dubbing_core.sentences import Sentence, Size, plural, sentence
from sessions_app.translation import localize

NO_CONFLICTS = PathConflicts()
SECONDS_SHOWN = 120
"""From here on a wait is shown in minutes."""


def format_seconds(seconds: int) -> Sentence:
    """Return for example `1 second` or `5 minutes`, rounded up."""
    if seconds < SECONDS_SHOWN:
        return plural("%(count)s second", "%(count)s seconds", count=seconds)
    return plural("%(count)s minute", "%(count)s minutes", count=-(-seconds // 60))


class OperationError(Exception):
    """An anticipated refusal.

    Invisible characters of the message, which names contain, are made visible.
    """

    code = "refused"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        self.text = message
        super().__init__(escape_unprintable(message))
        self.code = code or self.code

    @property
    def message(self) -> str:
        """Return the sentence in the language of the page; ``str(error)`` is English."""
        return escape_unprintable(localize(self.text))


class NotAllowedError(OperationError):
    code = "not_allowed"


class ConflictError(OperationError):
    """Conflict with the current version, number ``current``, in files ``paths``."""

    code = "conflict"

    def __init__(self, message: str, *, current: int, paths: PathConflicts = NO_CONFLICTS) -> None:
        super().__init__(message)
        self.current = current
        self.paths = paths


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
    """The quota of ``limit`` bytes has no room for ``needed`` more."""

    code = "over_quota"

    def __init__(self, message: str, *, used: int, limit: int, needed: int) -> None:
        super().__init__(message)
        self.used = used
        self.limit = limit
        self.needed = needed


class DiskFullError(OperationError):
    """``needed`` bytes do not fit on the server's disk, of which ``free`` may be used."""

    code = "disk_full"

    def __init__(self, *, needed: int, free: int) -> None:
        super().__init__(
            sentence(
                "There is not enough space on the server: %(needed)s are needed, %(free)s are available. "
                "Delete exports, unfinished uploads or sessions, or ask your operator for more space.",
                needed=Size(needed),
                free=Size(free),
            )
        )
        self.needed = needed
        self.free = free


class ThrottledError(OperationError):
    """Too many attempts: the next one is allowed in ``seconds``."""

    code = "throttled"

    def __init__(self, seconds: int) -> None:
        super().__init__(
            sentence("There were too many attempts. Try again in %(time)s.", time=format_seconds(seconds))
        )
        self.seconds = seconds


class BusyError(OperationError):
    """Temporary refusal: a retry in a moment will succeed."""

    code = "busy"


class JobEnded(Exception):  # noqa: N818 (control flow, as StopIteration is: it ends a running job)
    pass


class JobCancelled(JobEnded):
    pass


class JobLost(JobEnded):
    pass
