"""Run a command that ends with its parent process, however that ends.

A test session may be killed (a canceled CI run, an out-of-memory kill); its servers must end with it.
The command starts with default signal handlers: a shell that runs `make test &` ignores SIGINT, and children inherit that.

Usage: python -m tests.services.launcher PARENT_PID SIGNAL USER_ID COMMAND...   (USER_ID: "-" for the current user)
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # prctl(2)
DEFAULT_SIGNALS = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: list[str]) -> None:
    parent, death_signal, user, *command = arguments
    for number in DEFAULT_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    if user != "-":
        os.setgroups([])
        os.setgid(int(user))
        os.setuid(int(user))
    if sys.platform == "linux":
        # After setuid, which clears it; execve preserves it.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(death_signal))
        if os.getppid() != int(parent):
            sys.exit("The parent ended before its child started.")
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
