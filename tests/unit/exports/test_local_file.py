from __future__ import annotations

import errno
import os

import pytest
from django.core.files.storage import FileSystemStorage

from dubbing_core.zips.layout import Literal, SegmentLayout
from sessions_app.exports.local_file import write_file
from sessions_app.storage.errors import ObjectMissingError, StoreFullError, StoreUnavailableError
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.kernel_copy import COPY_SIZE
from sessions_app.storage.keys import blob_key
from tests.services.full_disk import limited_file_size
from tests.unit.exports.archive import MIB, an_archive, content


@pytest.fixture
def store(tmp_path):
    return FileSystemStore(FileSystemStorage(location=tmp_path / "storage"))


@pytest.fixture
def layout(store):
    return an_archive(store)


@pytest.fixture
def destination(tmp_path):
    return tmp_path / "out" / "talk_export.zip"


def write(layout, destination, store, on_bytes=lambda count: None):
    write_file(layout, destination, files=store, on_bytes=on_bytes)


class TestWriteFile:
    def test_writes_the_bytes_of_the_layout(self, layout, destination, store):
        write(layout, destination, store)

        assert destination.read_bytes() == content(layout, store)
        assert list(destination.parent.iterdir()) == [destination]

    def test_replaces_an_existing_file(self, layout, destination, store):
        destination.parent.mkdir()
        destination.write_bytes(b"an older export")

        write(layout, destination, store)

        assert destination.stat().st_size == layout.size

    def test_counts_every_byte(self, layout, destination, store):
        counted: list[int] = []

        write(layout, destination, store, on_bytes=counted.append)

        assert sum(counted) == layout.size
        assert max(counted) <= COPY_SIZE

    @pytest.mark.parametrize("refusal", [errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP])
    @pytest.mark.parametrize("after", [0, 1])
    def test_falls_back_to_copying_without_the_kernel(self, layout, store, monkeypatch, refusal, after):
        destination = store.local_path("exports/x.zip")
        in_kernel = os.copy_file_range
        calls = []

        def refuse(source, target, count, *, offset_src):
            calls.append(count)
            if len(calls) > after:
                raise OSError(refusal, os.strerror(refusal))
            return in_kernel(source, target, min(count, 5000), offset_src=offset_src)

        monkeypatch.setattr(os, "copy_file_range", refuse)

        write(layout, destination, store)

        assert destination.read_bytes() == content(layout, store)


class TestErrors:
    @pytest.fixture(autouse=True)
    def older_file(self, destination):
        destination.parent.mkdir()
        destination.write_bytes(b"an older export")
        yield
        assert destination.read_bytes() == b"an older export"
        assert list(destination.parent.iterdir()) == [destination]

    @pytest.mark.parametrize("limit", [0, 1, 5 * MIB, 11 * MIB])
    def test_cancellation_leaves_nothing(self, layout, destination, store, limit):
        done = 0

        def cancel(count: int) -> None:
            nonlocal done
            done += count
            if done > limit:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write(layout, destination, store, on_bytes=cancel)

    def test_a_missing_blob_is_reported(self, layout, destination, store):
        store.delete(blob_key(layout.blobs[1]))

        with pytest.raises(ObjectMissingError) as error:
            write(layout, destination, store)
        assert error.value.key == blob_key(layout.blobs[1])

    def test_a_truncated_blob_is_reported(self, layout, destination, store):
        os.truncate(store.local_path(blob_key(layout.blobs[0])), MIB)

        with pytest.raises(StoreUnavailableError):
            write(layout, destination, store)

    def test_an_io_error_is_reported(self, layout, destination, store, monkeypatch):
        def fail(*args, **kwargs):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        monkeypatch.setattr(os, "copy_file_range", fail)

        with pytest.raises(StoreUnavailableError):
            write(layout, destination, store)

    @pytest.mark.parametrize("size", [3, MIB])
    def test_a_full_disk_is_reported(self, layout, destination, store, size):
        with limited_file_size(size), pytest.raises(StoreFullError):
            write(layout, destination, store)


def test_a_file_of_literals_needs_no_store(destination, store):
    write(SegmentLayout((Literal(b"only this"),)), destination, store)

    assert destination.read_bytes() == b"only this"
