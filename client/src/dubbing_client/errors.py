"""Errors that the user can act on.

    DubsError                    a message, and the exit code of `dubs`
    +-- UsageError               invalid arguments
    +-- ConfigError              not signed in, or an invalid configuration
    +-- BusyError                another `dubs` is working in the folder
    +-- FolderError              the folder cannot be saved or loaded into
    |   +-- ChangedError         a file changed while it was being read
    |   +-- LocalChangesError    a load would overwrite unsaved changes
    |   +-- UnsafeNamesError     a version contains hidden files, or invisible characters
    |   +-- UnrepresentableError a folder contains names that a session cannot represent
    |   +-- SourceReplacedError  another video is in the place of the session's source
    |   +-- DiskFullError          a load or export does not fit on the disk
    +-- TransferError            received bytes are not those requested
    +-- JobFailedError           a background job of the portal failed
    +-- UnreachableError         the portal does not respond
    +-- Problem                  the portal refused a request (RFC 9457)
        +-- SignedOutError       401: no valid token
        +-- NotFoundError        404
        +-- ConflictError        409: another user saved in the meantime
        +-- UnavailableError     408, 425, 429, 5xx: a later attempt may succeed

Each message states what happened and what to do. Characters that a terminal or page would obey are escaped in it: names and
sentences come from other users, and from portals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, ClassVar

from dubbing_core.paths import LIST_LIMIT, PathError, escape_unprintable
from dubbing_core.sizes import format_size

MESSAGE_LIMIT = 4000
"""Characters of a message that are shown."""


class DubsError(Exception):
    """Base class. ``str(error)`` is a sentence for the user."""

    exit_code: ClassVar[int] = 1
    code: str = "failed"
    """Stable, for programs."""

    def __init__(self, message: str = "") -> None:
        shown = message if len(message) <= MESSAGE_LIMIT else f"{message[:MESSAGE_LIMIT]}…"
        super().__init__(escape_unprintable(shown))


LOAD_OPTIONS = {"hidden": "--allow-hidden", "invisible": "--allow-invisible"}


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
    """A file changed while it was being read or sent."""

    code = "file_changed"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"“{path}” changed while it was being saved. Wait until it is completely written, then save again."
        )
        self.path = path


class LocalChangesError(FolderError):
    """A load would overwrite or delete unsaved changes; nothing was written."""

    exit_code = 6
    code = "local_changes"

    def __init__(self, paths: Sequence[str], *, deleted: Sequence[str] = ()) -> None:
        sentences = []
        if paths:
            sentences.append(
                f"{quoted(paths)} would be overwritten, and no version known to this folder contains the current content."
            )
        if deleted:
            sentences.append(f"{quoted(deleted)} would be deleted.")
        super().__init__(" ".join([*sentences, "Save first, or use --yes. Nothing was changed."]))
        self.paths = (*paths, *deleted)


class UnsafeNamesError(FolderError):
    """A version contains names that are only loaded on request; nothing was written."""

    exit_code = 7
    code = "unsafe_names"

    def __init__(
        self, *, hidden: Sequence[str], invisible: Sequence[str], options: Mapping[str, str] = LOAD_OPTIONS
    ) -> None:
        sentences = []
        if hidden:
            sentences.append(
                f"Hidden files and folders may change what other programs do, or start some: {quoted(hidden)}. "
                f"If you trust their author, load them with {options['hidden']}."
            )
        if invisible:
            sentences.append(
                f"Invisible characters make a name look like another: {quoted(invisible)}. "
                f"If you expect these names, load them with {options['invisible']}."
            )
        super().__init__(" ".join([*sentences, "Nothing was changed."]))
        self.hidden = tuple(hidden)
        self.invisible = tuple(invisible)


class UnrepresentableError(FolderError):
    """A folder contains names that a session cannot represent; nothing was saved."""

    exit_code = 7
    code = "unrepresentable_names"

    def __init__(self, errors: Sequence[PathError]) -> None:
        names = "1 name" if len(errors) == 1 else f"{len(errors):,} names"
        more = f" And {len(errors) - LIST_LIMIT:,} more." if len(errors) > LIST_LIMIT else ""
        super().__init__(
            f"{names} cannot be saved. Rename, or save without: --skip-unrepresentable. Nothing was saved. "
            + " ".join(map(str, errors[:LIST_LIMIT]))
            + more
        )
        self.errors = tuple(errors)


class SourceReplacedError(FolderError):
    """Another video has replaced the source; it may need a session of its own."""

    code = "source_replaced"

    def __init__(self, folder: object, session: str, *, old: str, new: str) -> None:
        change = f"“{new}” has another content" if old == new else f"“{new}” has replaced “{old}”"
        super().__init__(
            f"The source video {change}. Nothing is saved into “{session}” any more. Press Ctrl-C, then save it as a new "
            f"session (dubs watch {folder} --new-session-per-source) or into the same one (dubs save {folder})."
        )


class DiskFullError(FolderError):
    code = "disk_full"

    def __init__(self, *, needed: int, free: int) -> None:
        super().__init__(
            f"The disk is full: {format_size(needed)} are needed and {format_size(free)} are free. "
            "Free some space and try again."
        )
        self.needed = needed
        self.free = free


class TransferError(DubsError):
    code = "transfer"


class JobFailedError(DubsError):
    """A background job of the portal failed or was cancelled."""

    def __init__(self, message: str, *, code: str, job: Mapping[str, Any]) -> None:
        super().__init__(message)
        self.code = code
        self.job = job


class UnreachableError(DubsError):
    code = "unreachable"


class Problem(DubsError):  # noqa: N818 (the name in RFC 9457)
    """An error response of the portal."""

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
        self.detail = str(self)
        self.status = status
        self.code = code
        self.extras: Mapping[str, Any] = extras or {}
        self.retry_after = retry_after
        """Seconds after which the portal asks to try again, if it does."""


class SignedOutError(Problem):
    exit_code = 3


class NotFoundError(Problem):
    exit_code = 4


class ConflictError(Problem):
    """The session has a newer version than the save's parent."""

    exit_code = 5

    @property
    def current(self) -> int:
        """Number of the current version; 0 if the portal did not send it."""
        return int(self.extras.get("current", 0))

    @property
    def paths(self) -> tuple[str, ...]:
        """Files that both sides changed, as far as known."""
        return tuple(self.extras.get("paths", ()))


class UnavailableError(Problem):
    """A temporary error; a later attempt may succeed."""


RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})


PROXY_LIMIT = (
    "A proxy in front of the portal refuses requests of this size (413). Its operator has to raise the limit: "
    "client_max_body_size in nginx, LimitRequestBody in Apache."
)


def problem_of(
    status: int, document: object, *, reason: str = "", retry_after: float | None = None
) -> Problem:
    """Return the error for a response.

    :param document: the decoded body, of any type.
    """
    members = dict(document) if isinstance(document, Mapping) else {}
    code = str(members.pop("code", "") or f"http_{status}")
    detail = str(members.pop("detail", "") or f"The portal responded with {status} {reason}".rstrip() + ".")
    for name in ("type", "title", "status", "instance"):
        members.pop(name, None)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE and code == f"http_{int(status)}":
        detail = PROXY_LIMIT
    error_class = Problem
    if status == HTTPStatus.UNAUTHORIZED:
        error_class = SignedOutError
    elif status == HTTPStatus.NOT_FOUND:
        error_class = NotFoundError
    elif status == HTTPStatus.CONFLICT and code == "conflict":
        error_class = ConflictError
    elif status in RETRYABLE or code == "upload_busy":
        error_class = UnavailableError
    return error_class(detail, status=status, code=code, extras=members, retry_after=retry_after)


MAX_QUOTED = 3


def quoted(paths: Sequence[str]) -> str:
    """Quote the first paths and count the rest: “a”, “b”, “c” and 7 more."""
    shown = ", ".join(f"“{path}”" for path in paths[:MAX_QUOTED])
    return shown if len(paths) <= MAX_QUOTED else f"{shown} and {len(paths) - MAX_QUOTED} more"
