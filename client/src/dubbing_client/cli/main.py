"""The entry point of `dubs`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from dubbing_client.cli.parser import COMMANDS, build_parser, module_of
from dubbing_client.cli.terminal import INTERRUPTED, Terminal
from dubbing_client.errors import DubsError
from dubbing_core.concurrency import StoppedError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    terminal = Terminal()
    try:
        # Ctrl-C may come while the command is still being imported.
        options = build_parser(COMMANDS.keys() & set(arguments)).parse_args(arguments)
        terminal = Terminal(is_json=options.json, is_silent=bool(options.silent))
        command = getattr(module_of(options.command), f"run_{options.command}")
        return int(command(options, terminal))
    except DubsError as error:
        return terminal.fail(error)
    except (KeyboardInterrupt, StoppedError):
        terminal.notify("")  # the terminal shows ^C
        terminal.notify("Interrupted. Run the same command again to resume.")
        return INTERRUPTED
    except BrokenPipeError:
        # The reader has closed the pipe. Buffered output must not be written at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def run() -> None:
    """Run the command in ``sys.argv`` and exit."""
    sys.exit(main())
