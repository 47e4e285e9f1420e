"""Runs a command that ends when the portal that started it ends, however that happens: a closed terminal, an out-of-memory kill.

Usage: python -IS tether.py PARENT_PID SIGNAL COMMAND...   The signal is what the command gets then.
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: list[str]) -> None:
    parent, death_signal, *command = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):
            sys.exit("the portal ended before its child began")
    os.execvp(command[0], command)  # noqa: S606 (the command is the portal's own)


if __name__ == "__main__":
    main(sys.argv[1:])
