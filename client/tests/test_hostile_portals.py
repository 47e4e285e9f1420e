"""A portal, or a colleague, that tries to harm the user."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from dubbing_client.api import Api
from dubbing_client.archive_export import export_version
from dubbing_client.cli.main import main
from dubbing_client.cli.terminal import Terminal
from dubbing_client.dropin.manager import ProjectSessionManager
from dubbing_client.errors import (
    DiskFullError,
    FolderError,
    TransferError,
    UnreachableError,
    UnsafeNamesError,
)
from dubbing_client.file_hashes import hash_file
from dubbing_client.folder import Folder, is_junction
from dubbing_client.load_plan import plan_load
from dubbing_client.retries import Retries
from dubbing_client.state import State
from dubbing_client.transport import RESPONSE_LIMIT
from dubbing_client.uploader import LocalFile, NewUpload, Uploader
from dubbing_core.name_mapping import WINDOWS

CODE = "00000000-0000-4000-8000-000000000001"
METADATA = b'{"video_name": "talk.mp4"}'


def document(data: bytes) -> dict[str, Any]:
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def entry(path: str, data: bytes = b"data", /, **changes: Any) -> dict[str, Any]:
    values = {"path": path, "category": "other", "language": "", "crc32": "0", "added_in": 1}
    facts = {"role": "", "labeled_by": "recognizer", "executable": False, "mtime_ns": None}
    return {**values, **facts, **document(data), **changes}


def listing(*entries: Any, **metadata: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "fingerprint": "f",
        "entries": list(entries),
        "metadata": {**document(METADATA), **metadata},
        "empty_folders": [],
    }


class HostilePortal:
    """A portal with one session, whose responses the test chooses."""

    def __init__(self, serve: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        self.files: dict[str, bytes] = {}
        self.name = "Talk"
        self.empty_folders: list[str] = []
        self.manifest: Any = None
        """Overrides the list of files."""
        self.server = serve(self.respond)
        monkeypatch.setenv("DUBS_URL", self.server.url)
        monkeypatch.setenv("DUBS_TOKEN", "dubs_x")

    def respond(self, handler: Any) -> None:
        path = handler.path.partition("?")[0].removeprefix("/api/v1")
        body = handler.body()
        session = {"code": CODE, "name": self.name, "version": 1, "trashed_at": None}
        if path.endswith("/manifest"):
            files = listing(*(entry(path, data) for path, data in self.files.items()))
            files["empty_folders"] = self.empty_folders
            data = json.dumps(files if self.manifest is None else self.manifest).encode()
        elif path.endswith("/metadata.json"):
            data = METADATA
        elif path.endswith("/bundle"):
            data = b"".join(self.files[each] for each in json.loads(body)["paths"])
        elif path == "/sessions":
            data = json.dumps({"items": [session], "next": None}).encode()
        else:
            data = json.dumps(session).encode()
        handler.respond(200, data)


@pytest.fixture
def portal(serve, monkeypatch) -> HostilePortal:
    return HostilePortal(serve, monkeypatch)


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


# -- Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [".git/config", "sub/.ssh/authorized_keys", ".bashrc", "GIT~1/config"])
def test_hidden_files_are_only_loaded_on_request(portal, tmp_path, capsys, path):
    portal.files = {path: b"[core]\n\tfsmonitor = touch executed\n", "talk.srt": b"data"}
    folder = tmp_path / "talk"
    assert main(["load", "Talk", str(folder)]) == 7
    assert "load them with --allow-hidden. Nothing was changed." in capsys.readouterr().err
    assert main(["load", "Talk", str(folder), "--yes", "--allow-invisible"]) == 7
    assert written(folder) == []
    assert main(["load", "Talk", str(folder), "--allow-hidden"]) == 0
    assert written(folder) == sorted([path, "talk.srt"])
    # The same content again needs no permission; other content does.
    (folder / path).unlink()
    assert main(["load", "Talk", str(folder)]) == 0
    portal.files[path] = b"changed"
    assert main(["load", "Talk", str(folder), "--yes"]) == 7
    assert (folder / path).read_bytes() != b"changed"


def test_hidden_and_invisible_empty_folders_are_only_loaded_on_request(portal, tmp_path, capsys):
    portal.files = {"talk.srt": b"data"}
    portal.empty_folders = [".git/hooks", "audio", "ok\u202e"]
    folder = tmp_path / "new" / "talk"
    assert main(["load", "Talk", str(folder)]) == 7
    message = capsys.readouterr().err
    assert "“.git/hooks/”" in message
    assert "“ok⟦U+202E⟧/”" in message
    assert main(["load", "Talk", str(folder), "--dry-run"]) == 0
    lines = capsys.readouterr().out
    assert "needs --allow-hidden     .git/hooks/" in lines
    assert "needs --allow-invisible  ok⟦U+202E⟧/" in lines
    assert main(["load", "Talk", str(folder), "--yes", "--allow-invisible"]) == 7
    assert list(tmp_path.iterdir()) == []
    assert main(["load", "Talk", str(folder), "--allow-hidden", "--allow-invisible"]) == 0
    assert (folder / ".git" / "hooks").is_dir()
    # The same folders again need no permission.
    (folder / ".git" / "hooks").rmdir()
    assert main(["load", "Talk", str(folder)]) == 0
    assert (folder / ".git" / "hooks").is_dir()


def test_a_question_counts_files_and_folders(portal, tmp_path, monkeypatch):
    questions = []
    monkeypatch.setattr(Terminal, "can_ask", True)
    monkeypatch.setattr(Terminal, "confirm", lambda _, question: questions.append(question))
    portal.files, portal.empty_folders = {".git/config": b"x"}, [".git/hooks", ".ssh"]
    assert main(["load", "Talk", str(tmp_path / "talk")]) == 7
    assert questions[0].endswith("Load 1 file and 2 folders of another user?")


def test_markers_of_dubbing_tools_are_loaded(portal, tmp_path):
    portal.files = {".subtitle_done": b"", "out/.checkpoint.json": b"{}"}
    assert main(["load", "Talk", str(tmp_path / "talk")]) == 0
    assert written(tmp_path / "talk") == [".subtitle_done", "out/.checkpoint.json"]


def test_a_refused_load_into_a_folder_that_existed_leaves_it(portal, tmp_path):
    portal.files = {".git/config": b"x"}
    (tmp_path / "talk").mkdir()
    assert main(["load", "Talk", str(tmp_path / "talk")]) == 7
    assert main(["load", "Talk", str(tmp_path / "other" / "talk")]) == 7
    assert [path.name for path in tmp_path.iterdir()] == ["talk"]


def test_names_with_invisible_characters_are_only_loaded_on_request(portal, tmp_path, capsys):
    portal.files = {"audio\u202egpj.exe": b"", "हिन्\u200dदी.srt": b""}
    folder = tmp_path / "talk"
    assert main(["load", "Talk", str(folder), "--allow-hidden"]) == 7
    error = capsys.readouterr().err
    assert "look like another: “audio⟦U+202E⟧gpj.exe”." in error
    assert "load them with --allow-invisible" in error
    assert main(["load", "Talk", str(folder), "--allow-invisible"]) == 0
    assert "audio\u202egpj.exe" in written(folder)


@pytest.mark.parametrize(
    ("paths", "sentence"),
    [
        (["../x.srt"], "contains “..”"),
        (["/etc/x"], "is absolute"),
        (["audio/x.srt", "audio/x.srt/y"], "needs the folder “audio/x.srt”, which is a file"),
    ],
)
def test_impossible_names_are_refused_before_anything_is_written(portal, tmp_path, capsys, paths, sentence):
    portal.files = dict.fromkeys(paths, b"data")
    arguments = ["load", "Talk", str(tmp_path / "talk"), "--yes", "--allow-hidden", "--allow-invisible"]
    assert main(arguments) == 1
    assert sentence in capsys.readouterr().err
    assert written(tmp_path) == []


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["C:x.srt", "..\\x", "x.srt:stream"], {"C_x.srt", ".._x", "x.srt_stream"}),
        (["C:/Windows/x", "\\\\host\\share"], {"C_/Windows/x", "__host_share"}),
        (["audio", "Audio/x.srt"], {"Audio/x.srt", "audio_2"}),
    ],
)
def test_names_stay_in_the_folder_on_windows(portal, tmp_path, monkeypatch, paths, names):
    monkeypatch.setattr("dubbing_client.folder.probe_rules", lambda _: WINDOWS)
    portal.files = dict.fromkeys(paths, b"data")
    assert main(["load", "Talk", str(tmp_path / "talk"), "--allow-hidden"]) == 0
    assert set(written(tmp_path)) == {f"talk/{name}" for name in names}


def test_the_name_of_an_unfinished_download_is_mapped(portal, tmp_path):
    portal.files = {".x.srt.0123456789abcdef.dubs-part": b"data", "x.dubs-part": b"other"}
    work = tmp_path / "talk"
    assert main(["load", "Talk", str(work), "--allow-hidden"]) == 0
    assert written(work) == ["_x.srt.0123456789abcdef.dubs-part", "x.dubs-part"]
    state = State.read(portal.server.url, Folder(work))
    assert state.aliases == {
        "_x.srt.0123456789abcdef.dubs-part": ".x.srt.0123456789abcdef.dubs-part",
    }


def test_a_link_in_the_folder_leads_nowhere(portal, tmp_path, capsys):
    folder, outside = tmp_path / "talk", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "out").symlink_to(outside)
    portal.files = {"out/x.srt": b"data"}
    assert main(["load", "Talk", str(folder), "--yes"]) == 1
    assert "one of its folders is a link" in capsys.readouterr().err
    assert written(outside) == []


def test_junctions_of_windows_count_as_links(tmp_path):
    class WindowsStat:
        """What Windows returns for a junction, which this system does not have."""

        st_mode = os.lstat(tmp_path).st_mode
        st_reparse_tag = 0xA0000003

    assert is_junction(WindowsStat())
    assert not is_junction(os.lstat(tmp_path))


def test_text_of_a_portal_cannot_control_the_terminal(portal, tmp_path, capsys):
    portal.name = "Talk\x1b]0;owned\x07\u202e\nSaved."
    portal.files = {"talk.srt": b"data"}
    assert main(["load", "Talk", str(tmp_path / "talk")]) == 0
    out = capsys.readouterr().out
    assert "“Talk⟦U+001B⟧]0;owned⟦U+0007⟧⟦U+202E⟧⟦U+000A⟧Saved.”" in out
    assert out.count("\n") == 1
    assert main(["load", "Talk", str(tmp_path / "talk"), "--json"]) == 0
    out = capsys.readouterr().out
    assert all(character.isprintable() or character == "\n" for character in out)
    assert json.loads(out)["name"] == portal.name


# -- Sizes and counts -------------------------------------------------------------------------------------------------


def refusal(portal: HostilePortal, work: Any) -> Exception:
    """Return the error of a plan, before which nothing was fetched or written."""
    with Api(portal.server.url, "token") as api, pytest.raises((FolderError, TransferError)) as caught:
        plan_load(api, work.folder, State.read(api.url, work.folder), name="Talk")
    assert written(work.path) == []
    assert not any("/files/" in path or "/bundle" in path for _, path, _ in portal.server.requests)
    return caught.value


def test_files_larger_than_the_disk_are_refused_at_once(portal, work):
    portal.manifest = listing(entry("talk.mp4", size=1 << 49), entry("hi.wav", size=5))
    error = refusal(portal, work)
    assert isinstance(error, DiskFullError)
    assert str(error).startswith("The disk is full: 512 TiB are needed and ")


@pytest.mark.parametrize(
    "changes",
    [
        {"size": -1},
        {"size": 1 << 70},
        {"size": 1.5},
        {"size": True},
        {"size": "9"},
        {"sha256": "../../x"},
        {"sha256": None},
        {"path": 7},
        {"role": None},
        {"executable": 1},
        {"mtime_ns": 1.5},
        {"mtime_ns": 1 << 63},
        {"category": "x"},
        {"category": []},
    ],
)
def test_impossible_values_are_refused(portal, work, changes):
    portal.manifest = listing(entry("talk.mp4", **changes))
    sentence = "The portal sent a list of files with impossible names, sizes or hashes."
    assert str(refusal(portal, work)) == sentence


@pytest.mark.parametrize(
    "manifest", [[], "x", 7, {"entries": None}, {"entries": {}, "metadata": {}}, listing(7)]
)
def test_other_documents_than_lists_of_files_are_refused(portal, work, manifest):
    portal.manifest = manifest
    assert "impossible" in str(refusal(portal, work))


def test_a_compressed_response_without_end_is_refused(serve):
    bomb = gzip.compress(bytes(RESPONSE_LIMIT + 1), compresslevel=1)
    server = serve(lambda handler: handler.respond(200, bomb, Content_Encoding="gzip"))
    with Api(server.url, "token") as api, pytest.raises(TransferError, match="more than 256 MiB"):
        api.me()


def test_a_deeply_nested_document_is_refused(serve):
    server = serve(lambda handler: handler.respond(200, b"[" * 200_000))
    with Api(server.url, "token") as api, pytest.raises(UnreachableError, match="not from a portal"):
        api.me()


@pytest.mark.parametrize("part_size", [0, -1, 1])
def test_impossible_parts_of_an_upload_are_refused(serve, work, part_size):
    file = work.write("talk.mp4", b"x" * 100)
    upload = {"code": CODE, "size": 100, "part_size": part_size, "part_count": 10**12, "parts": []}
    upload |= {"state": "new", "direct": False}
    server = serve(lambda handler: handler.respond(200, json.dumps({"uploads": [upload]}).encode()))
    with (
        Api(server.url, "token") as api,
        Uploader(api) as uploader,
        pytest.raises(TransferError, match="impossible parts"),
    ):
        uploader.add([new_upload(file)])


def new_upload(file: Path) -> NewUpload:
    file_hash = hash_file(file, name=file.name)
    local = LocalFile(file.name, file, file_hash.stat, file_hash.sha256)
    return NewUpload((local,), is_pack=False)


# -- ZIPs -------------------------------------------------------------------------------------------------------------


def exported(serve: Any, folder: Path, filename: str) -> Path:
    disposition = f'attachment; filename="{filename}"'
    server = serve(
        lambda handler: handler.respond(200, b"PK", Content_Disposition=disposition, ETag='"e"'),
    )
    with Api(server.url, "token", retries=Retries(1)) as api:
        return export_version(api, session=CODE, version=1, name="Talk", output=folder).file


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("../../.bashrc", "_bashrc.zip"),
        ("main.py", "main.py.zip"),
        ("nul.zip", "nul_zip.zip"),
        ("talk.zip", "talk.zip"),
    ],
)
def test_a_portal_only_names_archives(serve, tmp_path, filename, expected):
    assert exported(serve, tmp_path, filename) == tmp_path / expected


def test_a_portal_does_not_choose_a_file_to_overwrite(serve, tmp_path):
    (tmp_path / "talk.zip").write_bytes(b"mine")
    assert exported(serve, tmp_path, "talk.zip") == tmp_path / "talk (1).zip"
    assert (tmp_path / "talk.zip").read_bytes() == b"mine"


def test_an_archive_larger_than_the_disk_is_refused_at_once(serve, tmp_path):
    def respond(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 60))
        handler.end_headers()

    with (
        Api(serve(respond).url, "token", retries=Retries(1)) as api,
        pytest.raises(DiskFullError, match="are needed and"),
    ):
        export_version(api, session=CODE, version=1, name="Talk", output=tmp_path)
    assert written(tmp_path) == []


# -- The drop-in class ------------------------------------------------------------------------------------------------


def test_the_class_loads_hidden_files_only_on_request(portal, tmp_path):
    portal.files = {".git/config": b"x"}
    folder = str(tmp_path / "sessions")
    manager = ProjectSessionManager(folder)
    assert manager.load_session("Talk") is None
    assert "load them with ProjectSessionManager(allow_hidden=True)" in manager.last_error
    assert written(tmp_path) == []
    assert not (tmp_path / "sessions" / "Talk").exists()
    assert ProjectSessionManager(folder, allow_hidden=True).load_session("Talk") is not None
    assert "sessions/Talk/.git/config" in written(tmp_path)


@pytest.mark.parametrize(
    ("path", "option"), [(".git/hooks/pre-commit", "allow_hidden"), ("audio/a\u202eb.wav", "allow_invisible")]
)
def test_the_class_imports_unsafe_names_only_on_request(manager, path, option):
    with zipfile.ZipFile("talk.zip", "w") as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr(path, "x")
    assert manager.import_session("talk.zip") is False
    assert f"ProjectSessionManager({option}=True)" in manager.last_error
    with pytest.raises(UnsafeNamesError):
        manager.backend.import_archive(Path("talk.zip"), "talk")
    assert ProjectSessionManager(local=True, **{option: True}).import_session("talk.zip")
