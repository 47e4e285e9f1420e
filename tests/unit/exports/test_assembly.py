from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from django.core.files.storage import FileSystemStorage

from dubbing_core.digests import compute_digest
from dubbing_core.zips.layout import BlobMember, Literal, SegmentLayout, TextMember, plan_archive
from dubbing_core.zips.multipart import PartLimits
from sessions_app.exports.assembly import assemble_object, delete_object
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.keys import export_key
from sessions_app.storage.store import Capabilities
from tests.stores.memory import MemoryStore
from tests.unit.exports.archive import MIB, an_archive, blob, content

KEY = export_key("x7")


@pytest.fixture(params=["memory", "copying memory", "filesystem"])
def store(request, tmp_path):
    if request.param == "memory":
        return MemoryStore()
    if request.param == "copying memory":
        return MemoryStore(limits=PartLimits())
    return FileSystemStore(FileSystemStorage(location=tmp_path))


def read(store, key):
    return b"".join(store.read(key, 0, store.size(key)))


class TestAssembleObject:
    def test_writes_the_bytes_of_the_layout(self, store):
        layout = an_archive(store)
        counted: list[int] = []

        assemble_object(layout, KEY, store=store, on_bytes=counted.append)

        assert read(store, KEY) == content(layout, store)
        assert sum(counted) == layout.size

    def test_can_be_repeated(self, store):
        layout = an_archive(store)

        for _ in range(2):
            assemble_object(layout, KEY, store=store, on_bytes=lambda count: None)

        assert read(store, KEY) == content(layout, store)

    @pytest.mark.parametrize("limit", [0, 5 * MIB])
    def test_leaves_nothing_when_cancelled(self, store, limit):
        layout = an_archive(store)
        done = 0

        def cancel(count: int) -> None:
            nonlocal done
            done += count
            if done > limit:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            assemble_object(layout, KEY, store=store, on_bytes=cancel)

        assert list(store.list("exports/")) == []
        assert list(store.open_uploads("")) == []

    def test_writes_a_zip_that_python_reads(self, store):
        modified = datetime(2025, 8, 3, 18, 11, 2, tzinfo=UTC)
        files = {"video.mp4": bytes(5 * MIB), "transcriptions/übung.srt": b"1\n", "empty.txt": b""}
        members = []
        for name, data in files.items():
            digest = compute_digest([data])
            assert blob(store, data) == digest.sha256
            members.append(
                BlobMember(
                    name=name, sha256=digest.sha256, size=digest.size, crc32=digest.crc32, modified=modified
                )
            )
        layout = plan_archive([TextMember(name="metadata.json", data=b"{}", modified=modified), *members])

        assemble_object(layout, KEY, store=store, on_bytes=lambda count: None)

        with zipfile.ZipFile(io.BytesIO(read(store, KEY))) as archive:
            assert archive.testzip() is None
            assert {name: archive.read(name) for name in archive.namelist()} == {
                "metadata.json": b"{}",
                **files,
            }

    def test_does_not_probe_the_store_for_a_small_layout(self):
        store = MemoryStore()
        store.capabilities = Capabilities(server_side_copy=lambda _: pytest.fail("probed"))

        assemble_object(SegmentLayout((Literal(b"small"),)), KEY, store=store, on_bytes=lambda count: None)

        assert read(store, KEY) == b"small"


class TestDeleteObject:
    def test_deletes_the_object_and_its_multipart_upload(self, store):
        other = export_key("x7-1")
        other_upload = store.begin(other)
        store.begin(KEY)
        assemble_object(an_archive(store), KEY, store=store, on_bytes=lambda count: None)

        delete_object(KEY, store=store)

        assert list(store.list("exports/")) == []
        assert [each.key for each in store.open_uploads("exports/")] == [other]
        store.abort(other, other_upload)

    def test_a_missing_object_is_no_error(self, store):
        delete_object(KEY, store=store)
