"""`dubs completion`: scripts for shells, made from what the parser knows."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass

from dubbing_client.cli.parser import build
from dubbing_client.cli.terminal import Terminal


@dataclass(frozen=True)
class Command:
    name: str
    help: str
    options: tuple[tuple[str, str], ...]
    """Each with its help."""
    takes: str
    """What its arguments are: sessions, folders, files, shells or nothing."""


TAKES = {
    "info": "sessions",
    "load": "sessions",
    "export": "sessions",
    "rm": "sessions",
    "save": "folders",
    "diff": "folders",
    "watch": "folders",
    "import": "files",
    "completion": "shells",
}
SHELLS = "bash zsh fish"


def declare_completion(command: ArgumentParser) -> None:
    command.add_argument("shell", choices=SHELLS.split())


def run_completion(options: Namespace, terminal: Terminal) -> int:
    script = {"bash": bash, "zsh": zsh, "fish": fish}[options.shell](commands())
    terminal.result({"shell": options.shell, "script": script}, script.rstrip("\n"))
    return 0


def commands() -> list[Command]:
    """Return every command with its options, as the parser has them."""
    (subparsers,) = [
        action
        for action in build()._actions  # noqa: SLF001 (argparse shows them nowhere else)
        if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001 (as above)
    ]
    helps = {choice.dest: choice.help or "" for choice in subparsers._choices_actions}  # noqa: SLF001 (as above)
    found = []
    for name, parser in subparsers.choices.items():
        options = [
            (
                text,
                (action.help or "").replace("%(default)s", str(action.default)).replace("%(default)g", "30"),
            )
            for action in parser._actions  # noqa: SLF001
            for text in action.option_strings
        ]
        found.append(Command(name, helps[name], tuple(options), TAKES.get(name, "")))
    return found


def bash(known: list[Command]) -> str:
    cases = "\n".join(
        f"    {command.name}) options='{' '.join(text for text, _ in command.options)}'; takes='{command.takes}' ;;"
        for command in known
    )
    return f"""\
# bash completion for dubs: eval "$(dubs completion bash)"
_dubs() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" options='' takes='' IFS
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W '{" ".join(command.name for command in known)} --help --version' -- "$current"))
    return
  fi
  case "${{COMP_WORDS[1]}}" in
{cases}
  esac
  if [[ "$current" == -* ]]; then
    COMPREPLY=($(compgen -W "$options" -- "$current"))
    return
  fi
  IFS=$'\\n'
  case "$takes" in
    sessions)
      COMPREPLY=($(compgen -W "$(dubs list --names 2>/dev/null)" -- "$current"))
      [ "${{#COMPREPLY[@]}}" -eq 0 ] && compopt -o dirnames 2>/dev/null
      local index
      for index in "${{!COMPREPLY[@]}}"; do printf -v "COMPREPLY[index]" %q "${{COMPREPLY[index]}}"; done ;;
    folders) compopt -o dirnames 2>/dev/null ;;
    files) compopt -o default 2>/dev/null ;;
    shells) IFS=' '; COMPREPLY=($(compgen -W '{SHELLS}' -- "$current")) ;;
  esac
}}
complete -F _dubs dubs
"""


def zsh(known: list[Command]) -> str:
    listed = "\n".join(f"    '{command.name}:{_quoted(command.help)}'" for command in known)
    cases = "\n".join(
        "    {name})\n      _arguments -s {options} '*:{takes}:{action}' ;;".format(
            name=command.name,
            options=" ".join(f"'{text}[{_bracketed(about)}]'" for text, about in command.options),
            takes=command.takes or "nothing",
            action={
                "sessions": "_dubs_sessions",
                "folders": "_files -/",
                "files": "_files",
                "shells": f"({SHELLS})",
            }.get(command.takes, ""),
        )
        for command in known
    )
    return f"""\
#compdef dubs
# zsh completion for dubs: eval "$(dubs completion zsh)"
_dubs_sessions() {{
  local -a names
  names=("${{(@f)$(dubs list --names 2>/dev/null)}}")
  compadd -a names
  _files -/
}}
_dubs() {{
  local -a commands
  commands=(
{listed}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    return
  fi
  local command="$words[2]"
  shift words
  (( CURRENT-- ))
  case "$command" in
{cases}
  esac
}}
compdef _dubs dubs
"""


def fish(known: list[Command]) -> str:
    lines = ["# fish completion for dubs: dubs completion fish | source", "complete -c dubs -f"]
    for command in known:
        lines.append(
            f"complete -c dubs -n __fish_use_subcommand -a {command.name} -d '{_quoted(command.help)}'"
        )
        seen = f"-n '__fish_seen_subcommand_from {command.name}'"
        for text, about in command.options:
            flag = f"-l {text[2:]}" if text.startswith("--") else f"-s {text[1:]}"
            lines.append(f"complete -c dubs {seen} {flag} -d '{_quoted(about)}'")
        if command.takes == "sessions":
            lines.append(f"complete -c dubs {seen} -a '(dubs list --names 2>/dev/null)'")
        elif command.takes == "shells":
            lines.append(f"complete -c dubs {seen} -a '{SHELLS}'")
        if command.takes in {"sessions", "folders", "files"}:
            lines.append(f"complete -c dubs {seen} -F")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """Text for between single quotes, in any of the three shells."""
    return text.replace("\\", "").replace("'", "’")


def _bracketed(text: str) -> str:
    return _quoted(text).replace("[", "(").replace("]", ")").replace(":", " -")
