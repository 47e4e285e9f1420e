"""Memory and bytes of one work, measured in a worker process that runs only it."""

from __future__ import annotations

import importlib
import os
import re
from pathlib import Path
from typing import Any

PROC = Path("/proc/self")


def measured(function: str, *arguments: Any) -> dict[str, int]:
    """Call a function of ``bench.portal``; return ``memory`` and ``through`` in bytes.

    ``memory``: peak resident size (VmHWM) minus the size before the call. ``through``: bytes read and written according to
    /proc/self/io (rchar and wchar), without those of ``copy_file_range``, which the kernel includes there.
    """
    copied = 0
    copy = os.copy_file_range

    def counting(*args: Any, **options: Any) -> int:
        nonlocal copied
        count = copy(*args, **options)
        copied += count
        return count

    os.copy_file_range = counting
    try:
        reset_peak()
        idle = get_memory("VmRSS")
        before = _io_bytes()
        getattr(importlib.import_module("bench.portal"), function)(*arguments)
        return {"memory": get_memory("VmHWM") - idle, "through": _io_bytes() - before - 2 * copied}
    finally:
        os.copy_file_range = copy


def reset_peak() -> None:
    """Reset the peak resident size (proc(5), clear_refs).

    If that is not permitted, the peak of the set-up counts too.
    """
    try:
        (PROC / "clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return


def get_memory(field: str) -> int:
    found = re.search(rf"^{field}:\s+(\d+) kB$", (PROC / "status").read_text(encoding="ascii"), re.MULTILINE)
    assert found is not None
    return int(found[1]) * 1024


def _io_bytes() -> int:
    fields = dict(line.split(": ") for line in (PROC / "io").read_text(encoding="ascii").splitlines())
    return int(fields["rchar"]) + int(fields["wchar"])
