"""Runs a command that ends when the process that started it ends, however that happens.

Test sessions get killed (a cancelled CI run, an editor's stop button, an out-of-memory kill); their servers must not stay.

Usage: python -m tests.services.tether PARENT_PID SIGNAL USER_ID COMMAND...   (USER_ID: "-" to stay who we are)
"""

from __future__ import annotations

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)


def main(arguments: list[str]) -> None:
    parent, death_signal, user, *command = arguments
    if user != "-":
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    if sys.platform == "linux":
        # After setuid, which clears it; execve keeps it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):
            sys.exit("the parent ended before its child began")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
