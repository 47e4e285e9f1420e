"""Loads: a version's files are written into a folder."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import call_command

from sessions_app.management.errors import Error
from sessions_app.models import DubbingSession, Version
from sessions_app.operations.errors import BadInputError, NotAllowedError
from sessions_app.operations.exports.file import write_export
from sessions_app.operations.loads import LoadResult, load_version
from sessions_app.operations.sessions.trash import trash_sessions
from sessions_app.storage import get_store
from sessions_app.storage.errors import ObjectMissingError
from tests.services.full_disk import limited_file_size
from tests.world import PROJECT, World, folder_of, stored_keys

pytestmark = pytest.mark.either_stack

LONGEST = f"{'n' * 251}.txt"
MORE = {
    "audio/fr_audio.wav": b"fr audio" * 300_000,
    "custom_voices/empty.wav": b"",
    f"other/{LONGEST}": b"a name of 255 bytes",
}


@pytest.fixture
def talk(world: World) -> DubbingSession:
    """A session with two versions; the second has an empty file and one of several chunks."""
    session = world.saved("talk", PROJECT)
    world.save(session, MORE)
    session.refresh_from_db()
    return session


def version_of(session: DubbingSession, number: int) -> Version:
    return Version.objects.select_related("session").get(session=session, number=number)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def load(world: World, version: Version, folder: Path, *, overwrite: bool = False) -> LoadResult:
    return load_version(
        version=version, folder=folder, overwrite=overwrite, now=world.clock(), as_saved=False
    )


def load_as_saved(world: World, version: Version, folder: Path, **permissions: bool) -> LoadResult:
    return load_version(version=version, folder=folder, overwrite=True, now=world.clock(), **permissions)


# Results


@pytest.mark.one_stack
def test_a_name_that_the_system_cannot_hold_is_mapped(world: World, work_folder: Path):
    name = "\u3042" * 250 + ".txt"  # 255 characters as on Windows, 754 bytes
    session = world.saved(files={f"takes/{name}": b"text", "hi.wav": b"hi"})
    assert session.current is not None
    result = load_as_saved(world, session.current, work_folder)
    short = "\u3042" * 83 + ".txt"
    assert result.renamed == {f"takes/{name}": f"takes/{short}"}
    assert (work_folder / "takes" / short).read_bytes() == b"text"
    assert load_as_saved(world, session.current, work_folder).unchanged == 2


@pytest.mark.one_stack
@pytest.mark.parametrize(
    ("path", "code", "option"),
    [
        (".git/config", "load_hidden_files", "allow_hidden"),
        ("audio\u202egpj.exe", "load_invisible_characters", "allow_invisible"),
    ],
)
def test_unsafe_names_are_only_loaded_on_request(world: World, work_folder: Path, path, code, option):
    session = world.saved("talk", {path: b"1", "audio/.subtitle_done": b"2"})
    version = version_of(session, 1)
    with pytest.raises(NotAllowedError) as caught:
        load_as_saved(world, version, work_folder)
    assert caught.value.code == code
    assert contents(work_folder) == {}
    load_as_saved(world, version, work_folder, **{option: True})
    assert contents(work_folder)[path] == b"1"


@pytest.mark.parametrize(
    ("path", "code", "option"),
    [
        (".git/hooks", "load_hidden_files", "allow_hidden"),
        ("ok\u202e", "load_invisible_characters", "allow_invisible"),
    ],
)
def test_unsafe_empty_folders_are_only_loaded_on_request(world: World, work_folder: Path, path, code, option):
    session = world.session("talk")
    world.save(session, {"a.txt": b"1"}, empty_folders=("audio", path))
    version = version_of(session, 1)
    with pytest.raises(NotAllowedError) as caught:
        load_as_saved(world, version, work_folder)
    assert caught.value.code == code
    assert list(work_folder.iterdir()) == []
    load_as_saved(world, version, work_folder, **{option: True})
    assert (work_folder / path).is_dir()
    load_as_saved(world, version, work_folder)  # the folder exists already


@pytest.mark.parametrize("number", [1, 2])
def test_a_loaded_folder_equals_the_export(world: World, talk: DubbingSession, work_folder: Path, number):
    version = version_of(talk, number)
    folder = work_folder / "loaded"
    folder.mkdir()

    result = load(world, version, folder)

    archive = work_folder / "talk.zip"
    write_export(version=version, destination=archive)
    with ZipFile(archive) as exported:
        expected = {name: exported.read(name) for name in exported.namelist() if not name.startswith(".")}
    assert contents(folder) == expected
    assert len(expected) == version.file_count + 1
    assert result == LoadResult(
        written=len(expected), unchanged=0, size=sum(map(len, expected.values())), renamed={}
    )


def test_a_load_updates_the_last_access(world: World, talk: DubbingSession, work_folder: Path):
    world.clock.forward(hours=3)
    load(world, version_of(talk, 1), work_folder)

    talk.refresh_from_db()
    assert talk.last_accessed == world.clock()


def test_equal_files_are_not_written_again(world: World, talk: DubbingSession, work_folder: Path):
    version = version_of(talk, 2)
    load(world, version, work_folder)
    before = {path: path.stat().st_ino for path in work_folder.rglob("*")}
    (work_folder / "audio" / "hi_audio.wav").unlink()

    result = load(world, version, work_folder)

    assert (result.written, result.size) == (1, len(PROJECT["audio/hi_audio.wav"]))
    assert result.unchanged == version.file_count
    after = {path: path.stat().st_ino for path in work_folder.rglob("*") if path.name != "hi_audio.wav"}
    assert after.items() <= before.items()


def test_other_files_stay(world: World, talk: DubbingSession, work_folder: Path):
    mine = {"notes.txt": b"mine", "audio/take_2.wav": b"mine too"}
    folder_of(mine, work_folder)

    load(world, version_of(talk, 1), work_folder)

    assert mine.items() <= contents(work_folder).items()


# Errors


def test_differing_files_are_overwritten_only_on_request(
    world: World, talk: DubbingSession, work_folder: Path
):
    version = version_of(talk, 1)
    mine = {
        "audio/hi_audio.wav": b"a better take",
        "audio/es_audio.wav": b"ES AUDIO" * 1000,  # of the same size
        "translations/translated.json": b"{}",
        "voices/voice_assignments.json": b"{}",
    }
    folder_of(mine, work_folder)

    with pytest.raises(NotAllowedError) as refused:
        load(world, version, work_folder)
    assert refused.value.code == "load_differs"
    assert "“audio/es_audio.wav”, “audio/hi_audio.wav”, “translations/translated.json” and 1 more" in str(
        refused.value
    )
    assert contents(work_folder) == mine

    assert load(world, version, work_folder, overwrite=True).written == version.file_count + 1
    assert contents(work_folder)["audio/hi_audio.wav"] == PROJECT["audio/hi_audio.wav"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_links_out_of_the_folder_are_not_followed(
    world: World, talk: DubbingSession, work_folder: Path, overwrite
):
    outside, folder = work_folder / "outside", work_folder / "folder"
    folder_of({"hi_audio.wav": b"outside"}, outside)
    folder.mkdir()
    (folder / "audio").symlink_to(outside)

    with pytest.raises(BadInputError) as refused:
        load(world, version_of(talk, 1), folder, overwrite=overwrite)

    assert refused.value.code == "load_folder_is_file"
    assert contents(outside) == {"hi_audio.wav": b"outside"}
    assert [path.name for path in folder.iterdir()] == ["audio"]


def test_a_link_in_the_place_of_a_file_is_replaced(world: World, talk: DubbingSession, work_folder: Path):
    outside, folder = work_folder / "outside.wav", work_folder / "folder"
    outside.write_bytes(PROJECT["audio/hi_audio.wav"])
    (folder / "audio").mkdir(parents=True)
    (folder / "audio" / "hi_audio.wav").symlink_to(outside)
    version = version_of(talk, 1)

    with pytest.raises(NotAllowedError):
        load(world, version, folder)
    load(world, version, folder, overwrite=True)

    assert not (folder / "audio" / "hi_audio.wav").is_symlink()
    assert outside.read_bytes() == PROJECT["audio/hi_audio.wav"]


@pytest.mark.parametrize(
    ("obstacle", "code"),
    [("audio/hi_audio.wav/x", "load_path_is_folder"), ("audio", "load_folder_is_file")],
)
def test_a_folder_in_the_place_of_a_file_is_an_error(
    world: World, talk: DubbingSession, work_folder: Path, obstacle: str, code: str
):
    folder_of({obstacle: b"mine"}, work_folder)

    with pytest.raises(BadInputError) as refused:
        load(world, version_of(talk, 1), work_folder, overwrite=True)

    assert refused.value.code == code
    assert contents(work_folder) == {obstacle: b"mine"}


def test_a_missing_blob_leaves_the_folder_unchanged(world: World, talk: DubbingSession, work_folder: Path):
    folder_of({"audio/hi_audio.wav": b"a better take"}, work_folder)
    get_store().delete(stored_keys("blobs/")[-1])

    with pytest.raises(ObjectMissingError):
        load(world, version_of(talk, 2), work_folder, overwrite=True)

    assert contents(work_folder) == {"audio/hi_audio.wav": b"a better take"}


# The command load_session


def call_json(*command: object) -> dict[str, Any]:
    out = StringIO()
    call_command(*map(str, command), "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def call_failing(*command: object) -> str:
    with pytest.raises(Error) as raised:
        call_command(*map(str, command), stdout=StringIO())
    assert str(raised.value).endswith(".")
    return raised.value.code


def test_a_session_is_loaded_into_a_new_folder(world: World, talk: DubbingSession, work_folder: Path):
    folder = work_folder / "talk"
    result = call_json("load_session", "talk", "--owner", "alice", "--to", folder)

    assert result == {
        "name": "talk",
        "version": 2,
        "folder": str(folder),
        "written": len(PROJECT) + len(MORE),
        "unchanged": 0,
        "size": sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
        "renamed": {},
    }
    out = StringIO()
    call_command("load_session", talk.code, "--owner", "alice", "--to", folder, "--overwrite", stdout=out)
    assert out.getvalue().strip() == (
        f"Loaded version 2 of “talk” into {folder}: 0 files, 0 B. {result['written']} existed already."
    )


def test_an_older_version_is_loaded_over_a_newer_one(world: World, talk: DubbingSession, work_folder: Path):
    command = ("load_session", "talk", "--owner", "alice", "--to", work_folder, "--layout", "session")
    call_json(*command)
    assert call_failing(*command, "--version", 1) == "load_differs"  # metadata.json lists one language less
    result = call_json(*command, "--version", 1, "--overwrite")

    assert (result["version"], result["written"], result["unchanged"]) == (1, 1, len(PROJECT))


def test_invalid_arguments_are_refused(world: World, talk: DubbingSession, work_folder: Path):
    folder = work_folder / "talk"

    def code(name: str, *options: object, owner: str = "alice", to: Path = folder) -> str:
        return call_failing("load_session", name, "--owner", owner, "--to", to, *options)

    assert code("talk", owner="unknown") == "no_such_user"
    assert code("talk", owner="bob") == "no_such_session"
    assert code("talk", "--version", 3) == "no_such_version"
    assert code("talk", to=work_folder / "missing" / "talk") == "no_such_folder"
    assert code("talk", to=Path("/proc/talk")) == "output_not_writable"
    (work_folder / "file").touch()
    assert code("talk", to=work_folder / "file") == "output_is_file"
    world.session("empty")
    assert code("empty") == "no_such_version"
    trash_sessions(sessions=[talk], now=world.clock())
    assert code("talk") == "trashed"
    assert not folder.exists()


def test_a_full_disk_is_reported(talk: DubbingSession, work_folder: Path):
    folder_of({"audio/hi_audio.wav": b"a better take"}, work_folder)
    with limited_file_size(4096):
        command = ("load_session", "talk", "--owner", "alice", "--to", work_folder, "--overwrite")
        assert call_failing(*command) == "disk_full"

    assert contents(work_folder) == {"audio/hi_audio.wav": b"a better take"}


def test_an_error_of_the_store_is_reported_as_such(talk: DubbingSession, work_folder: Path):
    for key in stored_keys("blobs/"):
        get_store().delete(key)
    assert call_failing("load_session", "talk", "--owner", "alice", "--to", work_folder) == "storage"
    assert contents(work_folder) == {}
