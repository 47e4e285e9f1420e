from __future__ import annotations

import errno
from typing import ClassVar

from django.core.management.base import CommandError

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""How the system says that a disk, a quota or a file is full."""


class Error(CommandError):
    """What a command cannot do, as a sentence for the operator and a code for scripts."""

    default_code: ClassVar = "refused"

    def __init__(self, message: str, *, code: str = default_code) -> None:
        super().__init__(message)
        self.code = code
