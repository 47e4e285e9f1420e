from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings, settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from sessions_app.management import database, locks
from sessions_app.management.errors import Error
from sessions_app.management.static_files import collect_static_files
from sessions_app.models import AccessToken, DubbingSession, Job, Version
from sessions_app.operations.accounts.tokens import find_token
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.storage import get_store
from tests.services.full_disk import limited_file_size
from tests.services.processes import ROOT
from tests.services.waits import LIMIT
from tests.world import PROJECT, World, stored_keys, zip_of_files

PASSWORD = "correct-horse-battery"
STATIC = {"STATIC_ROOT": str(settings.STATIC_ROOT)}
"""Static files, which the test session has collected."""


def run_json(*command: object) -> Any:
    """Return a command's JSON output."""
    out = StringIO()
    call_command(*map(str, command), "--json", stdout=out)
    return json.loads(out.getvalue())


def run_text(*command: object) -> str:
    """Return a command's text output."""
    out = StringIO()
    call_command(*map(str, command), stdout=out)
    return out.getvalue().strip()


def run_error(*command: object) -> Error:
    """Return a command's error; text and JSON output are equal."""
    out = StringIO()
    with pytest.raises(Error) as raised:
        call_command(*map(str, command), "--json", stdout=out)
    assert json.loads(out.getvalue()) == {"error": raised.value.code, "message": str(raised.value)}
    assert "Traceback" not in str(raised.value)
    assert str(raised.value).endswith((".", ".)"))
    return raised.value


def list_names(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def manage(*arguments: object, environment: dict[str, str], **more: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "manage.py"), *map(str, arguments)]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False, **more
    )


@pytest.fixture
def archive(work_folder: Path) -> Path:
    file = work_folder / "my_talk.zip"
    file.write_bytes(zip_of_files(PROJECT))
    return file


# -- import_session ------------------------------------------------------------------------------------------------


def test_alice_imports_a_zip(world: World, archive: Path):
    result = run_json("import_session", archive, "--owner", "alice")

    session = DubbingSession.objects.get()
    job = Job.objects.get()
    assert result == {
        "name": "my_talk",
        "code": str(session.code),
        "requested_name": "my_talk",
        "version": 1,
        "files": len(PROJECT),
        "size": sum(map(len, PROJECT.values())),
        "job": str(job.code),
    }
    assert session.owner == world.alice
    assert sorted(world.files(Version.objects.get()).values()) == sorted(PROJECT.values())


def test_a_taken_name_gets_a_number(world: World, archive: Path):
    run_text("import_session", archive, "--owner", "alice", "--name", "Talk")

    output = run_text("import_session", archive, "--owner", "alice", "--name", "talk")
    assert output.startswith("Imported “talk_2”: version 1, 6 files, ")
    assert output.endswith("The name “talk” was taken.")


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("content", "code"),
    [(b"no archive at all", "zip_not_a_zip"), (zip_of_files({}), "zip_empty"), (b"", None)],
)
def test_an_invalid_zip_is_refused_and_leaves_nothing(world: World, work_folder: Path, content, code):
    file = work_folder / "talk.zip"
    file.write_bytes(content)

    assert run_error("import_session", file, "--owner", "alice").code == (code or "zip_not_a_zip")
    assert not DubbingSession.objects.exists()
    assert stored_keys() == []


def test_a_damaged_zip_leaves_nothing(world: World, archive: Path):
    data = bytearray(archive.read_bytes())
    data[60] ^= 0xFF
    archive.write_bytes(data)

    run_error("import_session", archive, "--owner", "alice")
    assert not DubbingSession.objects.exists()
    assert stored_keys() == []


@pytest.mark.one_stack
def test_import_refuses_missing_users_and_files(world: World, archive: Path, work_folder: Path):
    assert run_error("import_session", archive, "--owner", "unknown").code == "no_such_user"
    assert run_error("import_session", work_folder / "no.zip", "--owner", "alice").code == "no_such_file"
    assert run_error("import_session", work_folder, "--owner", "alice").code == "no_such_file"


@pytest.mark.one_stack
def test_import_refuses_an_invalid_name(world: World, archive: Path):
    assert run_error("import_session", archive, "--owner", "alice", "--name", "a\tb").code == "name_control"
    assert not Job.objects.exists()


# -- export_session ------------------------------------------------------------------------------------------------


@pytest.fixture
def talk(world: World) -> DubbingSession:
    """A session with two versions."""
    session = world.saved("talk", PROJECT)
    world.save(session, {"audio/fr_audio.wav": b"fr audio"})
    return session


def test_an_export_can_be_imported(world: World, talk: DubbingSession, work_folder: Path):
    file = work_folder / "talk_export.zip"
    result = run_json("export_session", "talk", "--owner", "alice", "--output", file)

    size = file.stat().st_size
    assert result == {"name": "talk", "version": 2, "output": str(file), "size": size, "stale": []}
    assert list_names(work_folder) == [file.name]
    with ZipFile(file) as written:
        assert written.testzip() is None
    imported = run_json("import_session", file, "--owner", "bob")
    assert (imported["name"], imported["files"]) == ("talk", len(PROJECT) + 1)
    assert world.files(Version.objects.get(session__owner=world.bob)) == world.files(
        Version.objects.get(session=talk, number=2)
    )


@pytest.mark.either_stack
def test_an_older_version_is_exported_by_its_number(talk: DubbingSession, work_folder: Path):
    file = work_folder / "first.zip"
    assert (
        run_json("export_session", talk.code, "--owner", "alice", "--output", file, "--version", 1)["version"]
        == 1
    )

    with ZipFile(file) as written:
        assert "audio/fr_audio.wav" not in written.namelist()


@pytest.mark.either_stack
def test_only_the_selection_is_exported(talk: DubbingSession, work_folder: Path):
    file = work_folder / "part.zip"
    run_json(
        *("export_session", "talk", "--owner", "alice", "--output", file),
        *("--category", "audio", "--language", "fr", "--language", "hi"),
    )

    with ZipFile(file) as written:
        files = {name for name in written.namelist() if name.startswith("audio/")}
    assert files == {"audio/fr_audio.wav", "audio/hi_audio.wav"}


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("options", "code"),
    [
        (["--category", "mixed_videos"], "nothing_selected"),
        (["--history", "--without-source"], "selection_history"),
        (["--category", "original_video", "--without-source"], "selection_source"),
    ],
)
def test_an_invalid_selection_is_refused(talk: DubbingSession, work_folder: Path, options, code):
    error = run_error(
        "export_session", "talk", "--owner", "alice", "--output", work_folder / "a.zip", *options
    )

    assert error.code == code
    assert list_names(work_folder) == []


def test_the_full_history_is_exported_previewed_and_imported(talk: DubbingSession, work_folder: Path):
    file = work_folder / "talk_history_export.zip"
    run_json("export_session", "talk", "--owner", "alice", "--output", file, "--history")

    preview = run_json("import_session", file, "--owner", "bob", "--dry-run")
    assert preview["dry_run"] is True
    assert (preview["sessions"][0]["name"], preview["sessions"][0]["version_count"]) == ("talk", 2)
    assert run_text("import_session", file, "--owner", "bob", "--dry-run").startswith(
        "An import would create “talk”: 2 versions"
    )
    assert not DubbingSession.objects.filter(owner__username="bob").exists()

    assert run_json("import_session", file, "--owner", "bob")["version"] == 2
    assert Version.objects.filter(session__owner__username="bob").count() == 2


@pytest.mark.either_stack
def test_an_export_replaces_an_existing_file(talk: DubbingSession, work_folder: Path):
    file = work_folder / "talk.zip"
    file.write_bytes(b"yesterday's")

    assert run_text("export_session", "talk", "--owner", "alice", "--output", file).startswith(
        "Exported version 2 of “talk” to "
    )
    with ZipFile(file) as written:
        assert written.testzip() is None


@pytest.mark.one_stack
def test_export_refuses_missing_users_sessions_and_folders(
    world: World, talk: DubbingSession, work_folder: Path
):
    file = work_folder / "talk.zip"

    def code(name: str, *options: object, owner: str = "alice", output: Path = file) -> str:
        return run_error("export_session", name, "--owner", owner, "--output", output, *options).code

    assert code("talk", owner="unknown") == "no_such_user"
    assert code("talk", owner="bob") == "no_such_session"
    assert code("other") == "no_such_session"
    assert code("talk", "--version", 3) == "no_such_version"
    assert code("talk", output=work_folder / "missing" / "talk.zip") == "no_such_folder"
    assert code("talk", output=work_folder) == "output_is_folder"
    world.session("empty")
    assert code("empty") == "no_such_version"
    trash_sessions(sessions=[talk], now=world.clock())
    assert code("talk") == "trashed"
    assert list_names(work_folder) == []


@pytest.mark.one_stack
def test_export_reports_a_full_disk(talk: DubbingSession, work_folder: Path):
    file = work_folder / "talk.zip"
    file.write_bytes(b"yesterday's")
    # SQLite's own files are larger: the command must not write to them.
    with limited_file_size(4096):
        error = run_error("export_session", "talk", "--owner", "alice", "--output", file)

    assert error.code == "disk_full"
    assert file.read_bytes() == b"yesterday's"
    assert list_names(work_folder) == [file.name]


@pytest.mark.one_stack
def test_export_reports_a_folder_that_is_not_writable(talk: DubbingSession):
    # /proc accepts no files, not even from root.
    error = run_error("export_session", "talk", "--owner", "alice", "--output", "/proc/talk.zip")
    assert error.code == "output_not_writable"


def test_export_distinguishes_the_storage_from_the_output(
    talk: DubbingSession, world: World, work_folder: Path
):
    for key in stored_keys("blobs/"):
        get_store().delete(key)
    error = run_error("export_session", "talk", "--owner", "alice", "--output", work_folder / "talk.zip")
    assert error.code == "storage"
    assert list_names(work_folder) == []


@pytest.mark.one_stack
def test_output_shows_invisible_characters(world: World, work_folder: Path):
    (work_folder / "a\u202evaw.exe").write_bytes(b"x")
    assert "a⟦U+202E⟧vaw.exe" in run_text("classify_folder", work_folder)
    out = StringIO()
    call_command("classify_folder", str(work_folder), "--json", stdout=out)
    assert r"a\u202evaw.exe" in out.getvalue()
    assert "\u202e" not in out.getvalue()


# -- list_sessions -------------------------------------------------------------------------------------------------


@pytest.mark.either_stack
def test_the_list_as_json(world: World, talk: DubbingSession):
    world.session("empty", owner=world.bob)
    talk.refresh_from_db()

    empty, saved = sorted(run_json("list_sessions"), key=lambda row: row["name"])
    assert saved == {
        "name": "talk",
        "code": str(talk.code),
        "owner": "alice",
        "video": "my_presentation.mp4",
        "languages": ["es", "hi", "fr"],
        "stage": saved["stage"],
        "version": 2,
        "files": 7,
        "size": sum(map(len, PROJECT.values())) + 8,
        "created_at": "2025-08-03T18:11:02.123456+00:00",
        "last_updated": "2025-08-03T18:11:02.123456+00:00",
        "last_accessed": "2025-08-03T18:11:02.123456+00:00",
    }
    assert (empty["owner"], empty["version"], empty["stage"], empty["files"]) == ("bob", None, None, 0)


@pytest.mark.one_stack
def test_the_list_as_text(world: World, talk: DubbingSession):
    world.saved("bob's", owner=world.bob)
    world.saved("trashed")
    trash_sessions(sessions=[DubbingSession.objects.get(name="trashed")], now=world.clock())

    head, *rows = run_text("list_sessions").splitlines()
    assert head.split("  ")[0] == "NAME"
    assert sorted(row.split()[0] for row in rows) == ["bob's", "talk"]
    assert len(run_text("list_sessions", "--owner", "alice").splitlines()) == 2
    assert run_text("list_sessions", "--owner", "charlie") == "There are no sessions."
    assert run_error("list_sessions", "--owner", "unknown").code == "no_such_user"


@pytest.mark.either_stack
def test_a_long_list_needs_no_more_queries(world: World, talk: DubbingSession, django_assert_max_num_queries):
    for number in range(5):
        world.session(f"session {number}")
    with django_assert_max_num_queries(3):  # two for migrations, one for sessions
        assert len(run_json("list_sessions")) == 6


# -- create_token ---------------------------------------------------------------------------------------------------


def test_a_token_is_created_and_printed_once(world: World):
    result = run_json(
        "create_token", "--owner", "alice", "--name", "pipeline", "--scope", "write", "--days", "3"
    )

    token = AccessToken.objects.get()
    assert result == {
        "token": result["token"],
        "name": "pipeline",
        "scope": "write",
        "expires_at": token.expires_at.isoformat() if token.expires_at else "",
    }
    assert find_token(secret=result["token"], now=datetime.now(UTC)) == token
    assert run_text("create_token", "--owner", "alice", "--name", "x").startswith("dubs_")
    assert AccessToken.objects.latest("pk").scope == "read"


@pytest.mark.one_stack
def test_a_token_without_a_user_or_a_name_is_refused(world: World):
    assert run_error("create_token", "--owner", "unknown", "--name", "x").code == "no_such_user"
    assert run_error("create_token", "--owner", "alice", "--name", " ").code == "bad_name"


# -- create_user ------------------------------------------------------------------------------------------------


def test_an_account_is_created(db: None):
    result = run_json("create_user", "dora", "--password", PASSWORD, "--email", "Dora@example.com")

    assert result == {"name": "dora", "email": "Dora@example.com", "staff": False}
    dora = User.objects.get(username="dora")
    assert dora.check_password(PASSWORD)
    assert not dora.is_staff
    address = EmailAddress.objects.get(user=dora)
    assert (address.email, address.verified, address.primary) == ("dora@example.com", True, True)


@pytest.mark.either_stack
def test_staff_may_use_the_admin_site(db: None):
    assert run_text("create_user", "dora", "--password", PASSWORD, "--staff") == (
        "dora can sign in now and use the admin site."
    )
    assert User.objects.get(username="dora").has_perm("sessions_app.change_blob")


@pytest.mark.one_stack
def test_the_password_is_read_from_the_environment_or_a_file(db: None, monkeypatch, work_folder: Path):
    monkeypatch.setenv("NEW_USER_PASSWORD", PASSWORD)
    run_json("create_user", "dora")
    monkeypatch.delenv("NEW_USER_PASSWORD")
    (work_folder / "secret").write_text(f"{PASSWORD}\n", encoding="utf-8")
    monkeypatch.setenv("NEW_USER_PASSWORD_FILE", str(work_folder / "secret"))
    run_json("create_user", "emil")

    assert all(user.check_password(PASSWORD) for user in User.objects.all())


@pytest.mark.one_stack
def test_the_password_is_read_from_standard_input(db: None, monkeypatch):
    monkeypatch.setattr(sys, "stdin", StringIO(f"{PASSWORD}\n"))
    run_json("create_user", "dora")

    assert User.objects.get().check_password(PASSWORD)


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["alice", "--password", PASSWORD], "user_name_taken"),
        (["ALICE", "--password", PASSWORD], "user_name_taken"),
        (["a b", "--password", PASSWORD], "user_name"),
        (["", "--password", PASSWORD], "user_name"),
        (["x" * 200, "--password", PASSWORD], "user_name"),
        (["dora", "--password", "short"], "user_password"),
        (["dora", "--password", ""], "user_password"),
        (
            ["dora", "--password", "dora-the-dubber", "--email", "dora-the-dubber@example.com"],
            "user_password",
        ),
        (["dora", "--password", PASSWORD, "--email", "no address"], "user_email"),
    ],
)
def test_an_invalid_account_is_refused(db: None, arguments, code):
    User.objects.create_user("alice", password=PASSWORD)

    assert run_error("create_user", *arguments).code == code
    assert User.objects.count() == 1


def test_two_accounts_cannot_share_an_address(db: None):
    run_json("create_user", "dora", "--password", PASSWORD, "--email", "team@example.com")

    error = run_error("create_user", "emil", "--password", PASSWORD, "--email", "Team@Example.com")
    assert error.code == "user_email_taken"


# -- collect_garbage --------------------------------------------------------------------------------------------


def test_garbage_is_reported_and_collected(world: World):
    world.upload({"one.wav": b"forgotten long ago"})
    output = run_text("collect_garbage", "--dry-run")
    assert output.splitlines() == ["Would free 18 B.", "  1 expired uploads (18 B)"]

    report = run_json("collect_garbage", "--dry-run")
    result = run_json("collect_garbage")
    assert report == {**result, "dry_run": True}
    assert result["uploads"] == {"count": 1, "size": 18}
    assert result["freed"] == 18
    assert run_text("collect_garbage") == "Freed 0 B."


# -- As processes ------------------------------------------------------------------------------------------------


@pytest.mark.variant
@pytest.mark.one_stack
def test_commands_work_on_a_fresh_portal(portal_environment: dict[str, str], work_folder: Path):
    """No portal is running, and the database is not migrated."""
    environment = {**portal_environment, **STATIC, "NEW_USER_PASSWORD": PASSWORD}
    (work_folder / "talk.zip").write_bytes(zip_of_files(PROJECT))

    # Two at once: one of them prepares the database.
    command = [sys.executable, str(ROOT / "manage.py"), "list_sessions", "--json"]
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate(timeout=LIMIT)[0] for process in processes] == [b"[]\n", b"[]\n"]

    created = manage("create_user", "alice", environment=environment)
    assert (created.returncode, created.stdout, created.stderr) == (0, "alice can sign in now.\n", "")
    imported = manage(
        "import_session", "talk.zip", "--owner", "alice", "--json", environment=environment, cwd=work_folder
    )
    assert (imported.returncode, imported.stderr) == (0, "")
    assert json.loads(imported.stdout)["name"] == "talk"
    refused = manage(
        "import_session", "no.zip", "--owner", "alice", "--json", environment=environment, cwd=work_folder
    )
    assert refused.returncode == 1
    assert json.loads(refused.stdout)["error"] == "no_such_file"
    assert refused.stderr.startswith("Error: There is no file ")
    assert refused.stderr.count("\n") == 1
    exported = manage(
        *("export_session", "talk", "--owner", "alice", "--output", "out.zip", "--version", 1),
        environment=environment,
        cwd=work_folder,
    )
    assert exported.returncode == 0
    assert (work_folder / "out.zip").is_file()


@pytest.mark.variant
@pytest.mark.team
def test_a_teams_database_is_only_migrated_by_prepare(portal_environment: dict[str, str]):
    environment = {**portal_environment, **STATIC, "NEW_USER_PASSWORD": PASSWORD}

    refused = manage("create_user", "alice", environment=environment)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == (
        "Error: The database is not up to date. Run `manage.py prepare`, then try again.\n"
    )
    assert manage("prepare", environment=environment).stdout == "Preparing the database\n"
    assert manage("prepare", environment=environment).stdout == "Everything is up to date.\n"
    created = manage("create_user", "alice", environment=environment)
    assert (created.returncode, created.stdout, created.stderr) == (0, "alice can sign in now.\n", "")


@pytest.mark.one_stack
def test_static_files_are_collected_when_they_have_changed(settings: LazySettings, work_folder: Path):
    sources, collected = work_folder / "sources", work_folder / "collected"
    sources.mkdir()
    settings.STATICFILES_DIRS = [sources]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = collected
    lines: list[str] = []
    for changed_at, style in enumerate(("a { color: red }", "a { color: blue }"), 4_000_000_000):
        (sources / "page.css").write_text(style, encoding="utf-8")
        os.utime(sources / "page.css", (changed_at, changed_at))  # collectstatic compares whole seconds
        assert collect_static_files(print_line=lines.append)
        assert (collected / "page.css").read_text(encoding="utf-8") == style

    assert not collect_static_files(print_line=lines.append)
    assert lines == ["Collecting static files"] * 2
    assert len(list(collected.glob("page.*.css"))) == 2


@pytest.mark.one_stack
def test_an_unusable_database_is_reported_in_a_sentence(portal_environment: dict[str, str]):
    data_dir = Path(portal_environment["DATA_DIR"])
    (data_dir / "db.sqlite3").mkdir()
    process = manage("list_sessions", environment=portal_environment)

    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr == "Error: The database cannot be reached: unable to open database file\n"


@pytest.mark.one_stack
def test_an_invalid_setting_is_reported_in_a_sentence(portal_environment: dict[str, str]):
    process = manage("list_sessions", environment={**portal_environment, "DATA_DIR": "/proc/portal"})

    assert (process.returncode, process.stdout) == (1, "")
    assert process.stderr == "Error: DATA_DIR=/proc/portal cannot be used: No such file or directory.\n"


@pytest.mark.one_stack
def test_the_demo_session_is_created(world: World, settings: LazySettings, work_folder: Path):
    settings.DATA_DIR = work_folder

    run_json("make_demo")

    (row,) = run_json("list_sessions")
    assert (row["name"], row["owner"], row["video"]) == (
        "Where rivers begin",
        "demo",
        "where_rivers_begin.mp4",
    )
    assert (row["version"], row["languages"], row["files"]) == (5, ["es", "hi", "fr"], 37)


# -- Parts -------------------------------------------------------------------------------------------------------


@pytest.mark.one_stack
def test_a_lock_excludes_others_and_names_its_holder(work_folder: Path):
    with locks.take_lock(work_folder / "lock"):
        with pytest.raises(locks.LockTakenError) as raised, locks.take_lock(work_folder / "lock"):
            pass
        assert raised.value.holder == str(os.getpid())
    with locks.take_lock(work_folder / "lock"):
        pass


def test_the_embedded_database_is_recognized(db: None, stack):
    assert database.is_embedded() == (stack.name == "embedded")
    assert settings.DATA_DIR.is_dir()


@pytest.mark.one_stack
def test_errors_are_command_errors():
    assert isinstance(Error("No."), CommandError)


def inspect(*files: Path) -> tuple[list[dict[str, Any]], int]:
    """Return the output of inspect_zip for each file, and its exit status."""
    out = StringIO()
    try:
        call_command("inspect_zip", *map(str, files), "--json", stdout=out)
    except SystemExit as exit_:
        return [json.loads(line) for line in out.getvalue().splitlines()], int(str(exit_.code))
    return [json.loads(line) for line in out.getvalue().splitlines()], 0


@pytest.mark.either_stack
def test_archives_are_inspected_without_storing_anything(world: World, tmp_path: Path):
    good, bad, missing = tmp_path / "good.zip", tmp_path / "bad.zip", tmp_path / "missing.zip"
    good.write_bytes(zip_of_files(PROJECT))
    bad.write_bytes(good.read_bytes()[:-10])

    lines, status = inspect(good, bad, missing)

    assert [(line["file"], line["accepted"]) for line in lines] == [
        (str(good), True),
        (str(bad), False),
        (str(missing), False),
    ]
    assert (lines[0]["members"], lines[0]["total_size"]) == (len(PROJECT), sum(map(len, PROJECT.values())))
    assert (lines[1]["code"], lines[2]["code"]) == ("zip_truncated", "not_readable")
    assert set(lines[0]) == {"file", "accepted", "code", "message", "members", "total_size"}
    assert status == 1
    assert inspect(good)[1] == 0
    assert stored_keys() == []


@pytest.mark.one_stack
def test_an_archive_with_a_damaged_ignored_file_is_refused(world: World, tmp_path: Path):
    path = tmp_path / "finder.zip"
    data = bytearray(zip_of_files({"a.wav": b"a", "__MACOSX/._a.wav": b"fork" * 100}, compression=0))
    data[data.index(b"forkfork")] ^= 1
    path.write_bytes(data)

    ((line,), status) = inspect(path)

    assert (line["code"], status) == ("zip_crc_mismatch", 1)
    assert "__MACOSX/._a.wav" in line["message"]


@pytest.mark.one_stack
def test_special_files_are_refused_without_waiting(world: World, tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")

    lines, status = inspect(tmp_path / "pipe", tmp_path / "loop", tmp_path, Path("/dev/zero"))

    assert [line["code"] for line in lines] == [
        "zip_not_a_zip",
        "not_readable",
        "not_readable",
        "zip_not_a_zip",
    ]
    assert status == 1


@pytest.mark.one_stack
def test_archives_of_any_name_are_inspected_without_a_database(tmp_path: Path):
    names = [b"\xff\xe9.zip", "नमस्ते.zip".encode(), b"line\nbreak.zip"]
    files = [os.fsencode(tmp_path) + b"/" + name for name in names]
    for file in files:
        Path(os.fsdecode(file)).write_bytes(zip_of_files(PROJECT))
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "utf-8:strict",
        "DATABASE_URL": "postgres://user:password@127.0.0.1:1/none",
        "SECRET_KEY": "s" * 50,
    }
    command: list[str | bytes | Path] = [sys.executable, ROOT / "manage.py", "inspect_zip", *files, files[0]]

    as_json = subprocess.run([*command, "--json"], env=environment, capture_output=True, check=True)
    as_text = subprocess.run(command, env=environment, capture_output=True, check=True)

    lines = as_json.stdout.splitlines()
    assert [os.fsencode(json.loads(line)["file"]) for line in lines] == [*files, files[0]]
    assert all(json.loads(line)["accepted"] for line in lines)
    assert len(as_text.stdout.splitlines()) == 4


def verify(file: Path) -> tuple[str, int]:
    out = StringIO()
    try:
        call_command("verify_export", str(file), stdout=out)
    except SystemExit as exit_:
        return out.getvalue(), int(str(exit_.code))
    return out.getvalue(), 0


@pytest.mark.either_stack
def test_an_export_is_verified_and_a_changed_one_is_not(world: World, tmp_path: Path):
    world.saved("talk")
    output = tmp_path / "talk.zip"
    run_json("export_session", "talk", "--owner", "alice", "--output", output)
    assert verify(output) == (f"{output}: all files are unchanged since the export.\n", 0)

    with ZipFile(output) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    output.write_bytes(zip_of_files({**files, "audio/hi_audio.wav": b"changed"}))

    assert verify(output) == (f"{output}: audio/hi_audio.wav: is not the file that was exported\n", 1)
    output.write_bytes(zip_of_files(PROJECT))
    assert verify(output)[1] == 1
