"""From what was typed to an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from dubbing_client.cli.parser import COMMANDS, build_parser, module_of
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import DubsError
from dubbing_client.retries import Cancelled

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was typed; return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    terminal = Terminal()
    try:
        # Ctrl-C may come while the command is still being imported.
        options = build_parser(COMMANDS.keys() & set(arguments)).parse_args(arguments)
        terminal = Terminal(is_json=options.json, is_quiet=bool(options.silent))
        command = getattr(module_of(options.command), f"run_{options.command}")
        return int(command(options, terminal))
    except DubsError as error:
        return terminal.fail(error)
    except (KeyboardInterrupt, Cancelled):
        terminal.tell("\nInterrupted. The same command goes on where this one stopped.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read us has seen enough. What is still in the buffer must not be tried again at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def run() -> None:
    """The script `dubs`."""
    sys.exit(main())
