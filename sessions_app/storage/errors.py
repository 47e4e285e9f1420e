"""Errors of blob stores.

StoreError
├── KeyRefusedError        a store cannot have such a key
├── PartsRefusedError      the parts do not make one object
│   └── PartsLostError     received parts are damaged
├── PartBusyError          another request writes to the upload (retryable)
├── ObjectMissingError     there is no object of this key
├── ObjectDamagedError     the object exists but cannot be read
├── StoreFullError         no space or quota left (retryable)
└── StoreUnavailableError  no response, or a server error (retryable)
"""

from __future__ import annotations

from collections.abc import Sequence

from dubbing_core.sentences import sentence


class StoreError(Exception):
    """Base of the errors of all stores."""

    code = "storage"
    """Stable code of the error for jobs, the API and commands."""
    is_retryable = True
    """Whether the same call may succeed later."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


class KeyRefusedError(StoreError):
    """The key would leave the store's folder, or use a name reserved by the store."""

    is_retryable = False

    def __init__(self, key: str) -> None:
        super().__init__(key, sentence("The storage does not accept %(key)s as a name.", key=repr(key)))


class PartsRefusedError(StoreError):
    """The parts do not make one object: a number, a size or their order is wrong."""

    is_retryable = False


class PartsLostError(PartsRefusedError):
    """Received parts were lost in a power failure: send these ``numbers`` again."""

    def __init__(self, key: str, numbers: Sequence[int]) -> None:
        super().__init__(key, sentence("Parts were lost when the server stopped without warning."))
        self.numbers = numbers


class PartBusyError(StoreError):
    """Another request is writing the same part or joining the parts."""

    def __init__(self, key: str) -> None:
        super().__init__(key, sentence("Another request is writing to this upload. Try again in a moment."))


class ObjectMissingError(StoreError):
    """There is no object of this key."""

    is_retryable = False

    def __init__(self, key: str) -> None:
        super().__init__(key, sentence("There is no object %(key)s in the store.", key=key))


class ObjectDamagedError(StoreError):
    """The object exists, but its bytes have changed and cannot be read."""

    is_retryable = False

    def __init__(self, key: str) -> None:
        super().__init__(key, sentence("The storage cannot read these bytes any more. Ask your operator."))


class StoreFullError(StoreError):
    """There is no space left for the object."""

    code = "disk_full"

    def __init__(self, key: str) -> None:
        super().__init__(key, sentence("The storage is full. Free some space, then try again."))


class StoreUnavailableError(StoreError):
    """The store did not respond, or responded with an error of its own."""

    def __init__(self, key: str) -> None:
        super().__init__(key, sentence("The storage did not respond. Try again in a few minutes."))
