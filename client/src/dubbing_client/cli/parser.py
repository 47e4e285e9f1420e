"""What can be typed. Each command declares its arguments beside what it does, and none is imported that was not typed."""

from __future__ import annotations

import argparse
from importlib import import_module
from types import ModuleType

from dubbing_client import __version__

EXIT_CODES = """\
exit codes:
  0  done, also when there was nothing to do
  1  failed; the sentence on stderr says why
  2  what was typed makes no sense
  3  not signed in
  4  no such session or version
  5  somebody else saved meanwhile
  6  local changes would be lost
  130  interrupted; the same command goes on
"""


COMMANDS = {
    "login": ("account", "Sign in to a portal with a token made on its page /account/tokens/"),
    "logout": ("account", "Forget the token, here and in the portal"),
    "list": ("sessions", "List sessions"),
    "info": ("sessions", "Show a session and its versions"),
    "save": ("save", "Save a folder as a session's next version; only what changed is sent"),
    "load": ("load", "Load a session's version into a folder; only what differs is fetched"),
    "diff": ("diff", "Show what differs between a folder and a version"),
    "export": (
        "archives",
        "Download a session as a ZIP; the same command goes on with a broken download",
    ),
    "import": ("archives", "Upload a ZIP and make a session of it"),
    "rm": ("sessions", "Move sessions to the trash"),
    "watch": (
        "watch",
        "Save a folder each time a stage of the pipeline has come to rest, until Ctrl-C",
    ),
    "completion": ("completion", "Print a script that completes what you type"),
}
"""Name -> the module where ``declare_NAME`` and ``run_NAME`` lie, and a word of help."""


def build(typed: str = "") -> argparse.ArgumentParser:
    """Make the parser: of one command where that was typed, else of all."""
    parser = argparse.ArgumentParser(
        prog="dubs",
        description="Saves a dubbing pipeline's folder to a Dubbing Sessions portal and loads it back, byte for byte.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dubs {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)

    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON document on stdout, nothing else there")
    common.add_argument("-q", "--silent", action="store_true", help="say only what goes wrong")

    for name in [typed] if typed in COMMANDS else COMMANDS:
        _, text = COMMANDS[name]
        command = commands.add_parser(name, help=text, description=f"{text}.", parents=[common])
        getattr(home_of(name), f"declare_{name}")(command)
    return parser


def home_of(name: str) -> ModuleType:
    return import_module(f"dubbing_client.cli.{COMMANDS[name][0]}")
