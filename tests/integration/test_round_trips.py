"""Round trips: a folder comes back byte for byte, with its names, times, executable bits and empty folders."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from dubbing_core.name_mapping import ZIP, map_paths
from dubbing_core.selection import Selection
from sessions_app.models import DubbingSession, Job, Version
from sessions_app.operations.cleanup.consistency.version_changes import find_version_changes
from sessions_app.operations.loads import load_version
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.uploads.complete import complete_uploads
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile, NewPack
from sessions_app.operations.uploads.receive import put_part
from tests.integration.programs import Program
from tests.world import World, read_object

pytestmark = pytest.mark.either_stack

SESSION_METADATA = (
    b'{ "session_name": "old name", "video_name": "Talk.MP4", "languages": ["hi"], "mood": "calm" }\n'
)
ORDINARY = {
    "Talk.MP4": b"video" * 500,
    "metadata.json": SESSION_METADATA,
    "tools/render.sh": b"#!/bin/sh\n",
    "seg/hi/0001.wav": b"one",
    "seg/hi/0002.wav": b"two",
    "hi.srt": b"1\n00:00:00,000 --> 00:00:01,000\nnamaste\n",
    "translations/hi.srt": b"another",
    "loose notes from Zo\u00eb.txt": b"loose",
    "Notes/notes from Zo\u00eb.txt": b"n",
    "empty.log": b"",
}
FOLDER = {
    **ORDINARY,
    "takes/00:01:00.wav": b"colon",
    "takes/aux.srt": b"device",
    "takes/notes. ": b"dot and space",
    "takes/HI.wav": b"upper",
    "takes/hi.wav": b"lower",
    "takes/caf\u00e9.txt": b"composed",
    "takes/cafe\u0301.txt": b"decomposed",
    "takes/a\\b.txt": b"backslash",
    "takes/\u202egpj.txt": b"override",
    "takes/new\nline.txt": b"control",
    f"takes/{'n' * 251}.txt": b"255 bytes",
    ".subtitle_done": b"",
}
EXECUTABLE = {"tools/render.sh"}
EMPTY_FOLDERS = ["cache/tmp", "mixed_videos"]
FIRST_TIME = 1_700_000_000_123_456_789
FILES_IN_PACK = 3

Facts = dict[str, tuple[bytes, int, bool] | None]
"""By path: bytes, modification time and executable bit of a file, None for an empty folder."""


def times_of(files: Mapping[str, bytes]) -> dict[str, int]:
    return {path: FIRST_TIME + 10**9 * number for number, path in enumerate(sorted(files))}


def save_folder(world: World, files: Mapping[str, bytes] = FOLDER, *, name: str = "talk") -> DubbingSession:
    """Save files as the client does: some in a pack, others by themselves."""
    session = world.session(name)
    times = times_of(files)
    new = [
        NewFile(path=path, size=len(data), is_executable=path in EXECUTABLE, mtime_ns=times[path])
        for path, data in files.items()
    ]
    parts: list[NewFile | NewPack] = [NewPack(files=new[:FILES_IN_PACK]), *new[FILES_IN_PACK:]]
    uploads = create_uploads(owner=world.alice, files=parts, now=world.clock())
    contents = [b"".join(list(files.values())[:FILES_IN_PACK]), *list(files.values())[FILES_IN_PACK:]]
    for upload, data in zip(uploads, contents, strict=True):
        if data:
            put_part(upload=upload, number=1, chunks=[data], now=world.clock())
        upload.refresh_from_db()
        complete_uploads(uploads=[upload], now=world.clock())
        upload.refresh_from_db()
    request = SaveRequest(parent=0, rooted=True, empty_folders=EMPTY_FOLDERS)
    job = world.run(
        request_save(session=session, author=world.alice, files=uploads, request=request, now=world.clock())
    )
    assert job.state == "succeeded", job.error_message
    session.refresh_from_db()
    return session


def expected_facts(files: Mapping[str, bytes] = FOLDER) -> Facts:
    times = times_of(files)
    facts: Facts = {path: (data, times[path], path in EXECUTABLE) for path, data in files.items()}
    return facts | dict.fromkeys(EMPTY_FOLDERS)


def facts_of(folder: Path) -> Facts:
    facts: Facts = {}
    for place in folder.rglob("*"):
        status, path = place.stat(), place.relative_to(folder).as_posix()
        if place.is_file():
            facts[path] = place.read_bytes(), status.st_mtime_ns, bool(status.st_mode & stat.S_IXUSR)
        elif not any(place.iterdir()):
            facts[path] = None
    return facts


def load_facts(world: World, version: Version | None, folder: Path, *, as_saved: bool = True) -> Facts:
    assert version is not None
    folder.mkdir()
    load_version(
        version=version,
        folder=folder,
        overwrite=False,
        now=world.clock(),
        as_saved=as_saved,
        allow_hidden=True,
        allow_invisible=True,
    )
    return facts_of(folder)


def reimport(world: World, version: Version | None, **selection: object) -> DubbingSession:
    assert version is not None
    export = world.exported(version, **selection)
    job = world.imported(read_object(export.key), export.filename)
    assert job.state == "succeeded", job.error_message
    assert job.session is not None
    job.session.refresh_from_db()
    return job.session


def test_a_file_that_is_sent_without_the_executable_bit_keeps_it(world: World, work_folder: Path):
    session, program, script = save_folder(world), Program.of(world.alice), "tools/render.sh"

    def save(parent: int, data: bytes, **facts: object) -> str:
        file = {"path": script, "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), **facts}
        response = program.post(f"/sessions/{session.code}/versions", {"parent": parent, "blobs": [file]})
        assert world.run(Job.objects.get(code=response.json()["code"])).state == "succeeded"
        session.refresh_from_db()
        assert session.current is not None
        return session.current.change_summary.words

    # As a browser, which does not know the bit.
    assert save(1, ORDINARY["hi.srt"]) == f"1 changed: {script}"
    loaded = load_facts(world, session.current, work_folder / "loaded")[script]
    assert loaded is not None
    assert (loaded[0], loaded[2]) == (ORDINARY["hi.srt"], True)
    assert save(2, ORDINARY["hi.srt"], executable=False) == f"1 no longer executable: {script}"
    assert save(3, ORDINARY["hi.srt"], executable=True) == f"1 made executable: {script}"
    assert save(4, b"loose", executable=False) == f"1 changed: {script}"
    listed = [
        change["kind"]
        for number in (2, 3, 4, 5)
        for change in program.get(f"/sessions/{session.code}/versions/{number}/changes").json()["items"]
    ]
    assert listed == ["changed", "not_executable", "made_executable", "changed"]
    stored = dict(session.versions.values_list("number", "changes"))
    found = find_version_changes([session.pk])[session.pk]
    assert {number: summary.as_dict() for number, summary in found.items()} == stored


def test_a_load_returns_exactly_what_was_saved(world: World, work_folder: Path):
    session = save_folder(world)

    assert load_facts(world, session.current, work_folder / "loaded") == expected_facts()


@pytest.mark.parametrize(
    "selection",
    [
        {"layout": "saved"},
        {},
        {"history": True},
        {"history": True, "layout": "saved"},
    ],
)
def test_an_export_in_any_layout_is_imported_as_it_was_saved(world: World, work_folder: Path, selection):
    session = save_folder(world)
    assert session.current is not None

    copy = reimport(world, session.current, **selection)

    assert load_facts(world, copy.current, work_folder / "loaded") == expected_facts()
    assert copy.current is not None
    assert copy.current.fingerprint == session.current.fingerprint
    assert copy.current.metadata["mood"] == "calm"
    assert copy.name == "talk_2"


def test_a_zip_as_saved_unpacks_to_the_folder(world: World, work_folder: Path):
    session = save_folder(world)
    assert session.current is not None
    export = world.exported(session.current, layout="saved")

    with ZipFile(BytesIO(read_object(export.key))) as archive:
        archive.extractall(work_folder)
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}

    unpacked = {
        path: facts for path, facts in facts_of(work_folder).items() if not path.startswith(".dubbing/")
    }
    expected = {**FOLDER, **{f"{folder}/": None for folder in EMPTY_FOLDERS}}
    names = map_paths(expected, ZIP, taken=[".dubbing"])
    assert {path: facts and facts[0] for path, facts in unpacked.items()} == {
        names[path].removesuffix("/"): data for path, data in expected.items()
    }
    assert names["takes/00:01:00.wav"] == "takes/00_01_00.wav"
    assert ORDINARY.keys() <= {path for path, name in names.items() if path == name}
    assert {name for name, mode in modes.items() if mode & stat.S_IXUSR} == {
        *EXECUTABLE,
        *(f"{folder}/" for folder in EMPTY_FOLDERS),
    }


def test_the_sessions_tree_of_a_load_equals_that_of_an_export(world: World, work_folder: Path):
    session = save_folder(world)
    assert session.current is not None

    loaded = load_facts(world, session.current, work_folder / "tree", as_saved=False)

    exported = world.zip_of(world.exported(session.current))
    tree = {name: data for name, data in exported.items() if not name.startswith(".dubbing/")}
    names = map_paths(loaded, ZIP, taken=[".dubbing"])
    assert {names[path]: facts and facts[0] for path, facts in loaded.items()} == tree
    assert tree["original_video.mp4"] == FOLDER["Talk.MP4"]
    assert tree["metadata.json"] != SESSION_METADATA
    assert tree["Notes/notes from Zo\u00eb.txt"] == b"n"


def test_a_part_contains_no_texts_of_other_parts(world: World):
    session = save_folder(world, ORDINARY)
    assert session.current is not None

    export = world.exported(session.current, layout="saved", categories=["audio"])

    names = {name for name in world.zip_of(export) if not name.startswith(".dubbing/")}
    assert names == {"seg/hi/0001.wav", "seg/hi/0002.wav"}


def original_export(folder: Path) -> bytes:
    """Return the ZIP that the original session manager makes of a session's folder."""
    buffer = BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for root, _, names in sorted(os.walk(folder)):
            for name in names:
                place = Path(root) / name
                archive.write(place, place.relative_to(folder))
    return buffer.getvalue()


def test_the_originals_session_comes_back_to_it_unchanged(world: World, work_folder: Path):
    """The original exports, the portal imports and exports, the original imports."""
    session = save_folder(world, ORDINARY)
    assert session.current is not None
    before, after = work_folder / "before", work_folder / "after"
    load_facts(world, session.current, before, as_saved=False)
    job = world.imported(original_export(before), "talk.zip", name="back")
    assert job.session is not None
    job.session.refresh_from_db()

    assert job.session.current is not None
    export = world.exported(job.session.current)
    with ZipFile(BytesIO(read_object(export.key))) as archive:
        archive.extractall(after, [name for name in archive.namelist() if not name.startswith(".dubbing/")])

    metadata = (before / "metadata.json").read_bytes().replace(b"sessions/talk/", b"sessions/back/")
    (before / "metadata.json").write_bytes(
        metadata.replace(b'"session_name": "talk"', b'"session_name": "back"')
    )
    expected = {path: facts[0] for path, facts in facts_of(before).items() if facts}
    assert {path: facts[0] for path, facts in facts_of(after).items() if facts} == expected


def test_layouts_are_different_exports(world: World):
    session = save_folder(world)
    assert session.current is not None
    tree, saved = (world.exported(session.current, layout=layout) for layout in ("session", "saved"))

    assert tree.pk != saved.pk
    assert (tree.filename, saved.filename) == ("talk_export.zip", "talk_as_saved_export.zip")
    assert Selection.from_dict(saved.selection).label == "As saved"
    assert world.exported(session.current, layout="saved").pk == saved.pk
