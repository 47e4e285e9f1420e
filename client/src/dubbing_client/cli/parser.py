"""What can be typed. Imports nothing that takes time."""

from __future__ import annotations

import argparse
from pathlib import Path

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


def build() -> argparse.ArgumentParser:  # noqa: PLR0915 (a list, however long)
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

    def add(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=f"{text}.", parents=[common])

    login = add("login", "Sign in to a portal with a token made on its page /account/tokens/")
    login.add_argument("url", metavar="URL", help="the portal's address, such as https://dubbing.example.com")
    login.add_argument("--token-stdin", action="store_true", help="read the token from stdin")

    logout = add("logout", "Forget the token, here and in the portal")
    logout.add_argument("--keep-token", action="store_true", help="forget it here alone")

    listing = add("list", "List sessions")
    listing.add_argument(
        "query", metavar="QUERY", nargs="?", default="", help="words in name, video, language"
    )
    listing.add_argument("--trashed", action="store_true", help="those in the trash")
    listing.add_argument("--names", action="store_true", help="names alone, one a line")

    info = add("info", "Show a session and its versions")
    info.add_argument("name", metavar="NAME", help="the session")

    save = add("save", "Save a folder as a session's next version; only what changed is sent")
    save.add_argument("dir", metavar="DIR", type=Path, help="the pipeline's folder")
    save.add_argument("--name", default="", help="the session; without one the folder's own, or a new one")
    save.add_argument("-m", "--message", default="", help="what is new in this version")
    save.add_argument(
        "--on-top",
        action="store_true",
        help="save even if the session has a newer version than the folder; both stay",
    )
    save.add_argument(
        "--replace",
        action="store_true",
        help="a folder that is saved there for the first time says what the session holds: all else is removed from it",
    )

    load = add("load", "Load a session's version into a folder; only what differs is fetched")
    load.add_argument("name", metavar="NAME", help="the session")
    load.add_argument("dir", metavar="DIR", type=Path, nargs="?", help="the folder (default: ./NAME)")
    load.add_argument("--version", type=_number, metavar="N", help="its number (default: the current one)")
    load.add_argument(
        "--only", type=_names, default=[], metavar="NAMES", help="categories and languages: audio,hi"
    )
    load.add_argument("--delete", action="store_true", help="remove files that the version does not know")
    load.add_argument(
        "-y",
        "--yes",
        "--overwrite",
        dest="yes",
        action="store_true",
        help="lose local changes without being asked",
    )
    load.add_argument(
        "--layout",
        choices=("saved", "session"),
        default="saved",
        help="files lie as in the folder they were saved from, or as in the session (default: %(default)s)",
    )

    diff = add("diff", "Show what differs between a folder and a version")
    diff.add_argument("dir", metavar="DIR", type=Path, help="the folder")
    diff.add_argument(
        "name", metavar="NAME", nargs="?", default="", help="the session (default: the folder's own)"
    )
    diff.add_argument(
        "--version",
        type=_number,
        metavar="N",
        help="its number (default: that which the folder is at, or the current)",
    )

    export = add("export", "Download a session as a ZIP; the same command goes on with a broken download")
    export.add_argument("name", metavar="NAME", help="the session")
    export.add_argument("-o", "--output", type=Path, metavar="FILE", help="the ZIP, or the folder it goes to")
    export.add_argument("--version", type=_number, metavar="N", help="its number (default: the current one)")
    export.add_argument(
        "--only", type=_names, default=[], metavar="NAMES", help="categories and languages: audio,hi"
    )
    export.add_argument("--without-source", action="store_true", help="all but the original video")
    export.add_argument("--history", action="store_true", help="every version up to that one")

    import_ = add("import", "Upload a ZIP and make a session of it")
    import_.add_argument("zip", metavar="ZIP", type=Path)
    import_.add_argument("--name", default="", help="what the session is called (default: as the ZIP says)")
    import_.add_argument("--dry-run", action="store_true", help="only tell what would become of it")

    remove = add("rm", "Move sessions to the trash")
    remove.add_argument("names", metavar="NAME", nargs="+")
    remove.add_argument("-y", "--yes", action="store_true", help="without being asked")

    watch = add("watch", "Save a folder each time a stage of the pipeline has come to rest, until Ctrl-C")
    watch.add_argument("dir", metavar="DIR", type=Path, help="the pipeline's folder")
    watch.add_argument("--name", default="", help="the session; without one the folder's own, or a new one")
    watch.add_argument(
        "--quiet",
        type=_seconds,
        default=30.0,
        metavar="SECONDS",
        help="how long nothing may change before a save (default: %(default)g)",
    )
    watch.add_argument(
        "--on-top", action="store_true", help="save even if somebody else saved meanwhile; both stay"
    )

    completion = add("completion", "Print a script that completes what you type")
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    return parser


def _number(text: str) -> int:
    number = int(text.lstrip("v"))
    if number < 1:
        raise argparse.ArgumentTypeError("versions are numbered from 1")
    return number


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be 0 or more")
    return seconds


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
