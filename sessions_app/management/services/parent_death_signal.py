"""Runner of a command that receives a signal when the portal ends or is killed.

Usage: python -IS parent_death_signal.py PARENT_PID SIGNAL COMMAND...
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
            sys.exit("the portal ended before this process was ready")
    os.execvp(command[0], command)  # noqa: S606 (the portal's own command)


if __name__ == "__main__":
    main(sys.argv[1:])
