"""What a work takes besides time. For a worker that does one work and ends: it counts what the kernel copies by itself."""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path
from typing import Any

OURS = Path("/proc/self")


def measured(function: str, *arguments: Any) -> dict[str, int]:
    """Call a function of ``bench.portal`` and return, in bytes, ``memory`` and ``through``.

    ``memory``: how far the process's largest resident size (VmHWM) went beyond its size before. ``through``: what it read and wrote, by
    /proc/self/io (rchar and wchar), without what ``copy_file_range`` moved, which the kernel counts there too.
    """
    copied = 0
    copy = os.copy_file_range

    def counting(*args: Any, **more: Any) -> int:
        nonlocal copied
        count = copy(*args, **more)
        copied += count
        return count

    os.copy_file_range = counting
    try:
        _reset_peak()
        idle = _status("VmRSS")
        before = _passed()
        getattr(importlib.import_module("bench.portal"), function)(*arguments)
        return {"memory": _status("VmHWM") - idle, "through": _passed() - before - 2 * copied}
    finally:
        os.copy_file_range = copy


def _reset_peak() -> None:
    """Forget the peak so far (proc(5), clear_refs); where that is refused, set-up's own peak counts, which is ours to bear."""
    try:
        (OURS / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def _status(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", (OURS / "status").read_text(encoding="ascii"), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def _passed() -> int:
    fields = dict(line.split(": ") for line in (OURS / "io").read_text(encoding="ascii").splitlines())
    return int(fields["rchar"]) + int(fields["wchar"])
