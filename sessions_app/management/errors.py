from __future__ import annotations

import errno
from typing import ClassVar

from django.core.management.base import CommandError

from dubbing_core.paths import escape_lines

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""Error numbers of a full disk, an exhausted quota and a file at its size limit."""


class Error(CommandError):
    """A refused command: a sentence for the operator, a code for scripts.

    Django prints the class name in front of the sentence, hence the plain name.
    """

    default_code: ClassVar = "refused"

    def __init__(self, message: str, *, code: str = default_code) -> None:
        super().__init__(escape_lines(message))
        self.code = code
