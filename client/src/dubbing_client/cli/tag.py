"""`dubs tag`: tags and stars of sessions."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from dubbing_client import config
from dubbing_client.api import Api
from dubbing_client.cli.arguments import SESSION, completed_by, names
from dubbing_client.cli.terminal import Terminal
from dubbing_client.errors import NotFoundError, UsageError, quoted
from dubbing_client.objects import Tag

ATTEMPTS = 4
"""Attempts per call: the user waits for the result."""


def declare_tag(command: ArgumentParser) -> None:
    completed_by(
        command.add_argument("names", metavar="NAME", nargs="*", help="sessions; none to list all tags"),
        SESSION,
    )
    command.add_argument("--add", metavar="TAGS", type=names, default=[], help="for example launch,urgent")
    command.add_argument("--remove", metavar="TAGS", type=names, default=[], help="tags to take off")
    stars = command.add_mutually_exclusive_group()
    stars.add_argument("--star", action="store_true", help="set your star")
    stars.add_argument("--unstar", action="store_true", help="remove your star")
    command.add_argument(
        "--rename", metavar=("TAG", "NEW"), nargs=2, help="rename a tag on all sessions that have it"
    )
    command.add_argument("--delete", metavar="TAG", help="delete a tag; the sessions stay")


def run_tag(options: Namespace, terminal: Terminal) -> int:
    changes_sessions = options.add or options.remove or options.star or options.unstar
    if bool(options.names) != bool(changes_sessions):
        raise UsageError(
            "Give sessions together with --add, --remove, --star or --unstar, for example:"
            ' dubs tag "Talk in Pune" --add launch'
        )
    if sum(map(bool, (options.names, options.rename, options.delete))) > 1:
        raise UsageError("Change sessions, rename a tag or delete one: not together.")
    with config.connect(attempts=ATTEMPTS, on_retry=terminal.notify) as api:
        if options.rename:
            former, name = options.rename
            tag = api.rename_tag(_find(api, former)["code"], name)
            terminal.done({"tag": tag}, f"Renamed the tag “{former}” to “{tag['name']}”.")
        elif options.delete:
            tag = _find(api, options.delete)
            api.delete_tag(tag["code"])
            terminal.done({"tag": tag}, f"Deleted the tag “{tag['name']}”.")
        elif options.names:
            _change(api, options, terminal)
        else:
            tags = api.tags()
            terminal.table({"tags": tags}, ("Tag",), [(tag["name"],) for tag in tags])
    return 0


def _change(api: Api, options: Namespace, terminal: Terminal) -> None:
    # All are looked up first: with one misspelled name, nothing is changed.
    sessions = [api.get_session(name) for name in options.names]
    if options.add or options.remove:
        sessions = [
            api.change_tags(session["code"], add=options.add, remove=options.remove) for session in sessions
        ]
    if options.star or options.unstar:
        for session in sessions:
            api.set_star(session["code"], is_starred=options.star)
            session["is_starred"] = options.star
    document = {"sessions": sessions}
    terminal.done(document, f"Changed {quoted([session['name'] for session in sessions])}.")


def _find(api: Api, name: str) -> Tag:
    folded = name.casefold()
    for tag in api.tags():
        if tag["name"].casefold() == folded:
            return tag
    raise NotFoundError(
        f"There is no tag “{name}”. Run `dubs tag` to list your tags.", status=404, code="tag_not_found"
    )
