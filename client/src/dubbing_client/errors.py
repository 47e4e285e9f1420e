"""Everything that goes wrong in a way somebody can do something about.

    DubsError                    a sentence, and the exit code of `dubs`
    +-- UsageError               what was asked for makes no sense
    +-- ConfigError              no portal is known, or what is written about it cannot be read
    +-- BusyError                another `dubs` works in the folder
    +-- FolderError              the folder cannot be saved from or loaded into as it is
    |   +-- ChangedError         a file changed while it was read
    |   +-- LocalChangesError    a load would overwrite what no version holds
    +-- TransferError            bytes did not arrive as they were sent
    +-- JobFailedError           the portal could not do a job
    +-- UnreachableError         the portal does not answer
    +-- Problem                  the portal refused, and says why (RFC 9457)
        +-- SignedOutError       401: no token, or none that is good (any more)
        +-- NotFoundError        404
        +-- ConflictError        409: somebody saved meanwhile
        +-- UnavailableError     408, 425, 429, 5xx: later it may work

Each sentence says what to do, and is fit to be shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar


class DubsError(Exception):
    """The root. ``str(error)`` is one sentence for a person."""

    exit_code: ClassVar[int] = 1
    code: str = "failed"
    """Stable, for programs."""


class UsageError(DubsError):
    exit_code = 2
    code = "usage"


class ConfigError(DubsError):
    exit_code = 3
    code = "signed_out"


class BusyError(DubsError):
    code = "folder_busy"


class FolderError(DubsError):
    code = "folder"


class ChangedError(FolderError):
    """A file was written to while it was read or sent."""

    code = "file_changed"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"“{path}” changed while it was being saved. Wait until whatever writes it is done, then save again."
        )
        self.path = path


class LocalChangesError(FolderError):
    """Something in the folder would be lost that nobody agreed to lose; nothing was written."""

    exit_code = 6
    code = "local_changes"

    def __init__(self, paths: Sequence[str], *, deleted: Sequence[str] = ()) -> None:
        told = []
        if paths:
            them = "it as it is" if len(paths) == 1 else "them as they are"
            told.append(
                f"{named(paths)} would be overwritten, and no version that this folder knows holds {them}."
            )
        if deleted:
            told.append(f"{named(deleted)} would be deleted.")
        super().__init__(" ".join([*told, "Save first, or say --yes. Nothing was changed."]))
        self.paths = (*paths, *deleted)


class TransferError(DubsError):
    code = "transfer"


class JobFailedError(DubsError):
    """A job of the portal's ended without its result."""

    def __init__(self, message: str, *, code: str, job: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.job = job


class UnreachableError(DubsError):
    code = "unreachable"


class Problem(DubsError):  # noqa: N818 (the name that RFC 9457 gives it)
    """The portal's own words for why it refused."""

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        code: str,
        extras: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.code = code
        self.extras: Mapping[str, Any] = extras or {}
        self.retry_after = retry_after
        """Seconds that the portal asks us to wait, if it does."""


class SignedOutError(Problem):
    exit_code = 3


class NotFoundError(Problem):
    exit_code = 4


class ConflictError(Problem):
    """The session has a newer version than the save was made on."""

    exit_code = 5

    @property
    def current(self) -> int:
        """The number of the current version; 0 where the portal did not tell."""
        return int(self.extras.get("current", 0))


class UnavailableError(Problem):
    """What a later try may bring."""


RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


def problem_of(
    status: int, document: object, *, reason: str = "", retry_after: float | None = None
) -> Problem:
    """Make the fitting error of an answer; ``document`` is its decoded body, whatever that was."""
    told = dict(document) if isinstance(document, Mapping) else {}
    code = str(told.pop("code", "") or f"http_{status}")
    detail = str(told.pop("detail", "") or f"The portal answered {status} {reason}".rstrip() + ".")
    for known in ("type", "title", "status", "instance"):
        told.pop(known, None)
    family = Problem
    if status == HTTPStatus.UNAUTHORIZED:
        family = SignedOutError
    elif status == HTTPStatus.NOT_FOUND:
        family = NotFoundError
    elif status == HTTPStatus.CONFLICT and code == "conflict":
        family = ConflictError
    elif status in RETRYABLE or code == "upload_busy":
        family = UnavailableError
    return family(detail, status=status, code=code, extras=told, retry_after=retry_after)


SHOWN = 3


def named(paths: Sequence[str]) -> str:
    """Name a few of the paths and count the rest: “a”, “b” and 7 more."""
    shown = ", ".join(f"“{path}”" for path in paths[:SHOWN])
    return shown if len(paths) <= SHOWN else f"{shown} and {len(paths) - SHOWN} more"
