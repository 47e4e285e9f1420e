"""Commits and syncs: what waits for the disk, and what does not."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction

from sessions_app.models import DubbingSession, Entry
from sessions_app.models.commits import deferred_sync
from sessions_app.operations.saves.request import SaveRequest, request_save
from sessions_app.operations.uploads.complete import complete_uploads
from sessions_app.operations.uploads.create import create_uploads
from sessions_app.operations.uploads.new_files import NewFile
from sessions_app.operations.uploads.receive import put_part
from tests.world import World

SETTING = {"sqlite": "PRAGMA synchronous", "postgresql": "SHOW synchronous_commit"}
WAITS = {"sqlite": 2, "postgresql": "on"}
DEFERS = {"sqlite": 1, "postgresql": "off"}


def synchronous() -> object:
    with connection.cursor() as cursor:
        cursor.execute(SETTING[connection.vendor])
        return cursor.fetchone()[0]


@pytest.fixture
def durable(world: World) -> Iterator[World]:
    """Wait for the disk at each commit, which the tests' PostgreSQL does not."""
    with connection.cursor() as cursor:
        cursor.execute(
            {"sqlite": "SELECT 1", "postgresql": "SET synchronous_commit TO on"}[connection.vendor]
        )
    yield world
    connection.close()


def test_only_a_deferred_commit_does_not_wait_for_the_disk(durable: World):
    assert synchronous() == WAITS[connection.vendor]
    with deferred_sync():
        assert synchronous() == DEFERS[connection.vendor]
    assert synchronous() == WAITS[connection.vendor]
    with transaction.atomic(), deferred_sync():
        assert synchronous() == WAITS[connection.vendor], "the outer transaction is not deferred"
    with pytest.raises(OSError, match="rolled back"):
        create_and_fail(durable)
    assert synchronous() == WAITS[connection.vendor]
    assert not DubbingSession.objects.exists()


def create_and_fail(world: World) -> None:
    with deferred_sync():
        world.session()
        raise OSError("rolled back")


@pytest.mark.one_stack
def test_a_save_of_two_files_syncs_each_file_and_folder_once(world: World, monkeypatch):
    """A second sync of the same would only cost time."""
    root = Path(default_storage.path(""))
    synced: list[str] = []
    fsync = os.fsync

    def recording(descriptor: int) -> None:
        synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().relative_to(root).as_posix())
        fsync(descriptor)

    world.saved("earlier", {"earlier.wav": b"creates the outermost folders"})
    monkeypatch.setattr(os, "fsync", recording)
    new = [NewFile(path=path, size=5) for path in ("audio/hi.wav", "audio/es.wav")]
    created = create_uploads(owner=world.alice, files=new, now=world.clock())
    for number, upload in enumerate(created):
        put_part(upload=upload, number=1, chunks=[b"data%d" % number], now=world.clock())
    assert synced == []
    for upload in created:
        upload.refresh_from_db()
    uploads = complete_uploads(uploads=created, now=world.clock())
    folders = [f"staging/upload-{upload.code}" for upload in uploads]
    assert sorted(name for name in synced if not name.endswith(".parts")) == [
        "staging",
        "staging",
        *sorted(folders),
    ]
    assert sum(name.endswith(".parts") for name in synced) == len(uploads)
    synced.clear()

    request = SaveRequest(parent=0)
    session = world.session()
    world.run(
        request_save(session=session, author=world.alice, files=uploads, request=request, now=world.clock())
    )
    sha256s = Entry.objects.filter(session=session).values_list("blob__sha256", flat=True)
    assert len(sha256s) == len(uploads)
    # Of the files nothing is synced again; “blobs” is where a folder is new.
    assert Counter(name for name in synced if name != "blobs") == Counter(
        f"blobs/{sha256[:2]}" for sha256 in sha256s
    )
    assert synced.count("blobs") <= len(uploads)
