from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

from dubbing_client import config
from dubbing_client.cli.completion import completion_script
from dubbing_client.cli.main import main
from dubbing_client.cli.parser import COMMANDS, build_parser, module_of
from dubbing_client.cli.terminal import Terminal, printable, printable_json
from dubbing_client.errors import ConfigError, UsageError
from dubbing_client.rest import normalized_url


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["list"], 3, "You are not signed in to a portal: dubs login URL"),
        (["save", "/nowhere/at/all"], 1, "/nowhere/at/all is not a folder."),
        (["login", "ftp://portal"], 2, "“ftp://portal” is not the address of a portal."),
    ],
)
def test_errors_are_one_sentence_and_an_exit_code(capsys, arguments, code, sentence):
    assert main(arguments) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"dubs: {sentence}")
    assert err.count("\n") == 1
    assert main([*arguments, "--json"]) == code
    assert json.loads(capsys.readouterr().out)["error"]["message"].startswith(sentence)


@pytest.mark.parametrize(
    "arguments", [[], ["fly"], ["save"], ["load", "x", "--version", "0"], ["completion", "dash"]]
)
def test_invalid_arguments_end_with_2(capsys, arguments):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: dubs" in capsys.readouterr().err


def test_every_command_is_implemented_and_has_help():
    text = build_parser().format_help()
    for name, (_, about) in COMMANDS.items():
        module = module_of(name)
        assert callable(getattr(module, f"declare_{name}"))
        assert callable(getattr(module, f"run_{name}"))
        assert f"    {name}" in text
        assert about.split(";")[0] in " ".join(text.split())
    assert "exit codes:" in text


def test_only_the_requested_command_is_imported():
    code = (
        "import sys; from dubbing_client.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print(*(name for name in sys.modules if name.startswith(('dubbing_client.cli.', 'urllib3', 'rich'))))"
    )
    done = subprocess.run([sys.executable, "-c", code, "--help"], capture_output=True, text=True, check=True)
    modules = set(done.stdout.splitlines()[-1].split())
    assert modules == {f"dubbing_client.cli.{name}" for name in ("main", "parser", "terminal")}


def test_the_environment_wins_and_a_token_is_only_sent_to_its_portal(monkeypatch):
    config.write(config.Login(url="https://one.example.com", token="dubs_one"))
    assert config.read() == config.Login(url="https://one.example.com", token="dubs_one")
    monkeypatch.setenv("DUBS_URL", "https://two.example.com")
    with pytest.raises(ConfigError, match=r"not signed in to https://two\.example\.com"):
        config.read()
    monkeypatch.setenv("DUBS_TOKEN", "dubs_two")
    assert config.read() == config.Login(url="https://two.example.com", token="dubs_two")


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("https://dubbing.example.com/", "https://dubbing.example.com"),
        ("dubbing.example.com", "https://dubbing.example.com"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("https://example.com/dubbing/", "https://example.com/dubbing"),
    ],
)
def test_addresses_are_normalized(typed, url):
    assert normalized_url(typed) == url


@pytest.mark.parametrize(
    "typed", ["", "://", "https://", "http://x:99999", "https://user@x", "https://x?y", "ssh://x"]
)
def test_invalid_addresses_are_refused(typed):
    with pytest.raises(UsageError):
        normalized_url(typed)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_valid(capsys, shell):
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    for name in COMMANDS:
        assert name in script
    if shutil.which(shell) is None:
        return
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["dubs", "lo"], ["login", "logout", "load"]),
        (["dubs", "save", "--on"], ["--on-top"]),
        (["dubs", "completion", "z"], ["zsh"]),
        (["dubs", "load", "Two"], ["Two\\ words"]),
        (["dubs", "rm", "Talk", "T"], ["Talk", "Two\\ words"]),
        (["dubs", "load", "--layout", "s"], ["saved", "session"]),
        (["dubs", "save", "/us"], ["/usr"]),
        (["dubs", "export", "Talk", "-o", "/usr/b"], ["/usr/bin"]),
    ],
)
def test_bash_completes(words, expected):
    quoted = " ".join(f"'{word}'" for word in words)
    code = f"""
dubs() {{ printf 'Talk\\nTwo words\\n'; }}
{completion_script("bash")}
COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _shtab_dubs 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash"], input=code, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == expected


def test_silent_commands_print_results_and_no_reports(capsys):
    terminal = Terminal(is_silent=True)
    terminal.done({"version": 1}, "Saved version 1.")
    terminal.notify("Watching.")
    assert capsys.readouterr() == ("", "")
    terminal.result({}, "Talk")
    assert capsys.readouterr() == ("Talk\n", "")
    Terminal(is_silent=True, is_json=True).done({"version": 1}, "Saved version 1.")
    assert json.loads(capsys.readouterr().out) == {"version": 1}


def test_control_characters_are_escaped():
    assert printable("Talk\x1b[2J\u202e") == "Talk⟦U+001B⟧[2J⟦U+202E⟧"
    assert printable("Saved.\ndubs: all is lost") == "Saved.⟦U+000A⟧dubs: all is lost"
    assert printable("हिन्‍दी 👨‍👩‍👧") == "हिन्‍दी 👨‍👩‍👧"


def test_a_document_contains_no_control_characters():
    document = {"name": "Talk\x1b[2J\x7f\x9b\u202e\U000e0041", "ok": "हिन्‍दी"}
    text = printable_json(document)
    assert json.loads(text) == document
    assert all(character.isprintable() or character == "\n" for character in text)


def test_bash_executes_no_name_of_a_session(tmp_path):
    code = f"""
dubs() {{ printf '%s\\n' 'Talk $(touch executed)' 'Talk `touch executed`' 'Talk $HOME'; }}
{completion_script("bash")}
COMP_WORDS=(dubs load Ta); COMP_CWORD=2; _shtab_dubs 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
    done = subprocess.run(["bash"], input=code, capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout.splitlines() == [
        r"Talk\ \$\(touch\ executed\)",
        r"Talk\ \`touch\ executed\`",
        r"Talk\ \$HOME",
    ]
    assert list(tmp_path.iterdir()) == []
