"""Argument parser.

Each command declares its arguments in its own module, and only the requested one is imported.
"""

from __future__ import annotations

import argparse
from collections.abc import Container
from importlib import import_module
from types import ModuleType
from typing import Any

from dubbing_client.version import __version__

EXIT_CODES = """\
exit codes:
  0  success, also when there was nothing to do
  1  failure; stderr has the reason
  2  invalid arguments
  3  not signed in
  4  no such session or version
  5  another user saved a version in the meantime
  6  local changes would be lost
  7  the version contains hidden files or invisible characters; see dubs load --help
  130  interrupted; the same command resumes
"""

COMMANDS = {
    "login": ("account", "Sign in to a portal with a token from its page /account/tokens/"),
    "logout": ("account", "Delete the token, here and in the portal"),
    "list": ("sessions", "List sessions"),
    "search": ("search", "Search in names, languages, file names, messages, transcripts and translations"),
    "info": ("sessions", "Show a session and its versions"),
    "save": ("save", "Save a folder as a session's next version; only changes are sent"),
    "load": ("load", "Load a session's version into a folder; only differences are fetched"),
    "texts": ("texts", "List the transcripts and translations of a session, or write one as subtitles"),
    "media": ("media", "List the audio and video of a session, or download posters, light copies and others"),
    "diff": ("diff", "Compare a folder with a version"),
    "restore": ("restore", "Restore an earlier version of a session, or a part of one, as a new version"),
    "classify": ("classify", "Show the tool that wrote a folder and the label of each file; nothing is sent"),
    "label": ("label", "List or correct labels of a session's files, its target languages and voices"),
    "check": ("check", "Mark stale results as checked and right, such as after a corrected typo"),
    "export": ("archives", "Download a session as a ZIP; the same command resumes a broken download"),
    "import": ("archives", "Upload a ZIP and create a session from it"),
    "tag": ("tag", "Put tags and stars on sessions, or take them off; list, rename or delete tags"),
    "rename": ("sessions", "Rename a session"),
    "rm": ("sessions", "Move sessions to the trash"),
    "trash": ("trash", "List, restore or permanently delete sessions in the trash"),
    "storage": ("storage", "Show what uses your storage; discard unfinished uploads"),
    "watch": ("watch", "Save a folder whenever a stage of the pipeline has finished, until Ctrl-C"),
    "completion": ("completion", "Print a completion script for a shell"),
}
"""Name -> the module that contains ``declare_NAME`` and ``run_NAME``, and the help."""


class IntermixedParser(argparse.ArgumentParser):
    """Parser that accepts arguments before, between and after the options."""

    _is_parsing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self._is_parsing:  # the method below calls this one
            return super().parse_known_args(args, namespace)
        self._is_parsing = True
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_parsing = False


def build_parser(declared: Container[str] = frozenset(COMMANDS)) -> argparse.ArgumentParser:
    """Return the parser for all commands.

    :param declared: commands whose arguments are declared.
    """
    parser = argparse.ArgumentParser(
        prog="dubs",
        description="Save a dubbing pipeline's folder to a Dubbing Sessions portal and load it back, byte for byte.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"dubs {__version__}")
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", required=True, parser_class=IntermixedParser
    )

    common = IntermixedParser(add_help=False)
    common.add_argument("--json", action="store_true", help="write one JSON document to stdout")
    common.add_argument("-q", "--silent", action="store_true", help="print only errors")

    for name, (_, text) in COMMANDS.items():
        command = commands.add_parser(name, help=text, description=f"{text}.", parents=[common])
        if name in declared:
            getattr(module_of(name), f"declare_{name}")(command)
    return parser


def module_of(command: str) -> ModuleType:
    return import_module(f"dubbing_client.cli.{COMMANDS[command][0]}")
