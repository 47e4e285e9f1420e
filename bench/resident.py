"""Current and peak resident size of a process, in bytes (Linux)."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path


class Resident:
    def __init__(self, process: int | str = "self") -> None:
        self.folder = Path("/proc") / str(process)

    def now(self) -> int:
        return self._field("VmRSS")

    def reset_peak(self) -> None:
        """Reset the peak resident size (proc(5), clear_refs).

        If that is not permitted, the earlier peak counts too.
        """
        with suppress(OSError):
            (self.folder / "clear_refs").write_text("5", encoding="ascii")

    def peak(self) -> int:
        return self._field("VmHWM")

    def _field(self, name: str) -> int:
        status = (self.folder / "status").read_text(encoding="ascii")
        found = re.search(rf"^{name}:\s+(\d+) kB$", status, re.MULTILINE)
        assert found is not None
        return int(found[1]) * 1024
