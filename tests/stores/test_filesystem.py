from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
import textwrap
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from sessions_app.storage import atomic_files
from sessions_app.storage.errors import (
    KeyRefusedError,
    ObjectMissingError,
    PartBusyError,
    PartsLostError,
    PartsRefusedError,
    StoreFullError,
    StoreUnavailableError,
)
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.store import PART_SIZE, Part
from tests.services.full_disk import limited_file_size
from tests.services.waits import LIMIT
from tests.stores.suite import MIB, ExtractionSuite, FlatMemorySuite, StoreSuite, get, is_empty, keys, put


@pytest.fixture
def root(tmp_path):
    return tmp_path / "storage"


@pytest.fixture
def store(root):
    return FileSystemStore(FileSystemStorage(location=root))


class TestFileSystemStore(StoreSuite, FlatMemorySuite):
    memory_limit = 6 * MIB


class TestFileSystemStoreWithoutUnnamedFiles(StoreSuite):
    """Like NFS."""

    @pytest.fixture(autouse=True)
    def no_unnamed_files(self, monkeypatch):
        monkeypatch.setattr(atomic_files, "open_unnamed", lambda folder: None)

    def test_a_killed_writer_is_found_among_the_open_uploads(self, store):
        writer = store.writer("a/half")
        writer.__enter__()  # without leaving

        (found,) = store.open_uploads("a/")
        assert found.key == "a/half"
        store.abort(found.key, found.upload_id)
        assert is_empty(store)


class TestFileSystemStoreWithoutHardLinks(StoreSuite):
    """Like exFAT or SMB, which have neither hard links nor files without a name."""

    @pytest.fixture(autouse=True)
    def no_links(self, monkeypatch):
        def refuse(*args, **kwargs):
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(atomic_files, "open_unnamed", lambda folder: None)
        monkeypatch.setattr(os, "link", refuse)


class TestFileSystemExtraction(ExtractionSuite):
    @pytest.fixture
    def copying(self, store):
        return store


class TestFileSystemExtractionWithoutKernelCopies(ExtractionSuite):
    """Like copies between two filesystems."""

    @pytest.fixture
    def copying(self, store, monkeypatch):
        def refuse(*args, **kwargs):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(os, "copy_file_range", refuse)
        return store


class TestPartsAfterPowerFailure:
    """The system has restarted since they arrived: unsynced bytes are zeros or missing."""

    @pytest.fixture
    def upload(self, store):
        return store.begin("staging/upload-1/x")

    @pytest.fixture
    def parts(self, store, upload, monkeypatch):
        with monkeypatch.context() as patch:
            patch.setattr(atomic_files, "get_boot_id", lambda: "before")
            data = (b"a" * PART_SIZE, b"b" * PART_SIZE, b"the end")
            return [
                store.put_part("staging/upload-1/x", upload, number, [each])
                for number, each in enumerate(data, start=1)
            ]

    @pytest.fixture
    def file(self, root):
        (file,) = (root / "staging" / "upload-1").iterdir()
        return file

    def test_make_the_object_if_they_are_intact(self, store, upload, parts):
        store.complete("staging/upload-1/x", upload, parts)

        assert store.size("staging/upload-1/x") == 2 * PART_SIZE + 7

    def test_are_detected_if_they_are_damaged(self, store, upload, parts, file):
        with file.open("r+b") as damaged:
            damaged.seek(PART_SIZE)
            damaged.write(bytes(100))

        with pytest.raises(PartsLostError) as error:
            store.complete("staging/upload-1/x", upload, parts)
        assert error.value.numbers == [2]

        parts[1] = store.put_part("staging/upload-1/x", upload, 2, [b"B" * PART_SIZE])
        store.complete("staging/upload-1/x", upload, parts)
        assert get(store, "staging/upload-1/x")[PART_SIZE:] == b"B" * PART_SIZE + b"the end"

    def test_are_detected_if_the_file_is_too_short(self, store, upload, parts, file):
        os.truncate(file, PART_SIZE + 5)

        with pytest.raises(PartsLostError) as error:
            store.complete("staging/upload-1/x", upload, parts)

        assert error.value.numbers == [2, 3]

    def test_are_synced_at_once_without_a_boot_id(self, store, upload, monkeypatch):
        synced: list[int] = []
        monkeypatch.setattr(atomic_files, "get_boot_id", lambda: "")
        monkeypatch.setattr(os, "fdatasync", synced.append)

        part = store.put_part("staging/upload-1/x", upload, 1, [b"bytes"])
        store.complete("staging/upload-1/x", upload, [part])

        assert len(synced) == 1


HOLDER = """
    import os, sys
    from sessions_app.storage.range_locks import lock_range
    path, start, length = sys.argv[1], *map(int, sys.argv[2:])
    with lock_range(os.open(path, os.O_RDWR), start, length):
        print("locked", flush=True)
        sys.stdin.read()
"""

WRITER = """
    import sys
    from django.conf import settings
    settings.configure()
    from django.core.files.storage import FileSystemStorage
    from sessions_app.storage.filesystem import FileSystemStore
    from sessions_app.storage.errors import ObjectMissingError, PartBusyError
    from sessions_app.storage.store import PART_SIZE
    root, upload, fill = sys.argv[1:]
    store = FileSystemStore(FileSystemStorage(location=root))
    print("ready", flush=True)
    written = 0
    while True:
        try:
            store.put_part("a/x", upload, 1, [fill.encode() * PART_SIZE])
            written += 1
        except PartBusyError:
            pass
        except ObjectMissingError:
            break
    print(written)
"""


@contextmanager
def process(program: str, *arguments: object):
    command = [sys.executable, "-c", textwrap.dedent(program), *map(str, arguments)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout
            assert started.stdout.readline()
            yield started
        finally:
            started.kill()


class TestUploadLock:
    @pytest.fixture
    def upload(self, store):
        return store.begin("a/x")

    @pytest.fixture
    def file(self, upload, root):
        return root / "a" / f".x.{upload}.parts"

    def test_excludes_another_process_from_a_part_being_written(self, store, upload, file):
        part = store.put_part("a/x", upload, 1, [b"first"])

        with process(HOLDER, file, 0, PART_SIZE):
            with pytest.raises(PartBusyError) as busy:
                store.put_part("a/x", upload, 1, [b"other"])
            store.put_part("a/x", upload, 2, [b"another part"])
            with pytest.raises(PartBusyError):
                store.complete("a/x", upload, [part])

        assert busy.value.is_retryable
        store.complete("a/x", upload, [part])
        assert get(store, "a/x") == b"first"

    def test_excludes_parts_while_they_are_joined(self, store, upload, file):
        with process(HOLDER, file, 0, 0), pytest.raises(PartBusyError):
            store.put_part("a/x", upload, 7, [b"bytes"])

    def test_is_released_by_a_killed_process(self, store, upload, file):
        with process(HOLDER, file, 0, 0) as holder:
            holder.kill()
            holder.wait()
            assert store.put_part("a/x", upload, 1, [b"bytes"]).size == 5

    def test_is_released_after_an_error(self, store, upload):
        with limited_file_size(MIB), pytest.raises(StoreFullError):
            store.put_part("a/x", upload, 1, [bytes(2 * MIB)])

        part = store.put_part("a/x", upload, 1, [b"bytes"])
        store.complete("a/x", upload, [part])

    def test_does_not_prevent_an_abort(self, store, upload, file):
        with process(HOLDER, file, 0, 0):
            store.abort("a/x", upload)

        assert is_empty(store)

    def test_makes_an_immutable_object_of_one_writers_bytes(self, store, root, upload):
        part = Part(number=1, size=PART_SIZE, etag=f"any@{atomic_files.get_boot_id()}")
        with process(WRITER, root, upload, "a") as one, process(WRITER, root, upload, "b") as other:
            while not (root / "a" / "x").exists():
                assert one.poll() is other.poll() is None
                with suppress(PartBusyError, PartsRefusedError):
                    store.complete("a/x", upload, [part])
            content = get(store, "a/x")
            written = [int(writer.communicate(timeout=LIMIT)[0]) for writer in (one, other)]

        assert sum(written) > 0
        assert content in {b"a" * PART_SIZE, b"b" * PART_SIZE}
        assert get(store, "a/x") == content
        assert not list(store.open_uploads(""))

    def test_excludes_parts_from_an_object_whose_creator_was_killed(self, store, root, upload, file):
        part = store.put_part("a/x", upload, 1, [b"first"])
        os.link(file, root / "a" / "x")  # joined, and killed before the upload was deleted

        with pytest.raises(ObjectMissingError):
            store.put_part("a/x", upload, 1, [b"later"])
        store.complete("a/x", upload, [part])

        assert get(store, "a/x") == b"first"
        assert not list(store.open_uploads(""))

    def test_is_required(self, store, upload, monkeypatch):
        def no_locks(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "fcntl", no_locks)

        with pytest.raises(StoreUnavailableError):
            store.put_part("a/x", upload, 1, [b"bytes"])


class TestFiles:
    def test_have_permissions_regardless_of_the_umask(self, store, root):
        before = os.umask(0o077)
        try:
            put(store, "a/one", b"1")
        finally:
            os.umask(before)

        assert (root / "a" / "one").stat().st_mode & 0o777 == 0o600

    def test_are_stored_at_the_local_path(self, store, root):
        put(store, "a/one", b"1")

        files = store.capabilities.local_files

        assert files.local_path("a/one") == root / "a" / "one"
        assert files.local_path("a/one").read_bytes() == b"1"
        with pytest.raises(KeyRefusedError):
            files.local_path("../one")

    def test_leave_no_empty_folders(self, store, root):
        put(store, "staging/job-1/deep/x", b"1")

        store.delete("staging/job-1/deep/x")

        assert list(root.rglob("*")) == [root / "staging"]

    def test_leave_no_empty_folders_after_an_error(self, store, root):
        with limited_file_size(10), pytest.raises(StoreFullError):
            put(store, "staging/job-1/x", bytes(100))

        assert list(root.rglob("*")) == [root / "staging"]

    def test_are_complete_or_absent_after_a_kill(self, root):
        program = f"""
            import os, signal
            from django.conf import settings
            settings.configure()
            from django.core.files.storage import FileSystemStorage
            from sessions_app.storage.filesystem import FileSystemStore
            store = FileSystemStore(FileSystemStorage(location={str(root)!r}))
            with store.writer("a/half") as writer:
                writer.write(bytes(1000))
                os.kill(os.getpid(), signal.SIGKILL)
        """

        ended = subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=False)

        assert ended.returncode == -9
        assert [path for path in root.rglob("*") if path.is_file()] == []

    def test_that_are_too_short_raise_an_error(self, store, root):
        put(store, "a/one", bytes(100))
        os.truncate(root / "a" / "one", 60)

        with pytest.raises(StoreUnavailableError):
            list(store.read("a/one", 0, 100))

    def test_that_shrink_while_they_are_read_raise_an_error(self, store, root):
        put(store, "a/one", bytes(3 * MIB))
        chunks = store.read("a/one", 0, 3 * MIB)
        next(chunks)
        os.truncate(root / "a" / "one", MIB)

        with pytest.raises(StoreUnavailableError):
            list(chunks)

    def test_removed_while_they_are_listed_are_left_out(self, store, root):
        put(store, "a/one", b"1")
        put(store, "a/two", b"2")

        listing = store.list("")
        first = next(listing)
        for path in (root / "a").iterdir():
            path.unlink()

        assert [first, *listing] == [first]

    def test_that_cannot_be_read_raise_an_error(self, store, root):
        (root / "a").mkdir(parents=True)
        (root / "a" / "loop").symlink_to("loop")

        with pytest.raises(StoreUnavailableError):
            list(store.read("a/loop", 0, 1))

    def test_completion_without_all_parts_is_refused(self, store):
        upload = store.begin("a/x")
        part = store.put_part("a/x", upload, 1, [b"bytes"])
        other = store.begin("a/x")

        with pytest.raises(PartsRefusedError):
            store.complete("a/x", other, [part])

    def test_upload_ids_never_become_paths(self, store):
        for upload_id in ("", "../x", "a/b", "."):
            with pytest.raises(KeyRefusedError):
                store.put_part("a/x", upload_id, 1, [b"bytes"])


class TestFullDisk:
    def test_fails_a_writer_and_leaves_nothing(self, store):
        with limited_file_size(MIB), pytest.raises(StoreFullError) as error, store.writer("a/big") as writer:
            writer.write(bytes(2 * MIB))

        assert error.value.key == "a/big"
        assert is_empty(store)

    def test_fails_a_part(self, store):
        upload = store.begin("a/big")

        with limited_file_size(MIB), pytest.raises(StoreFullError):
            store.put_part("a/big", upload, 1, [bytes(2 * MIB)])

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_is_recognized_by_each_error_number(self, store, monkeypatch, number):
        def fail(descriptor):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fail)

        with pytest.raises(StoreFullError):
            put(store, "a/one", b"1")


class TestFolders:
    def test_are_created_again_if_they_disappear(self, tmp_path):
        folder = tmp_path / "removed"
        removals = iter([True, True])

        def act() -> str:
            if next(removals, False):
                folder.rmdir()
                raise FileNotFoundError
            return "done"

        assert atomic_files.retry_in_folder(folder, act) == "done"

    def test_that_always_disappear_raise_an_error(self, tmp_path, monkeypatch):
        monkeypatch.setattr(atomic_files, "_FOLDER_ATTEMPTS", 3)

        def act() -> None:
            raise FileNotFoundError

        with pytest.raises(FileNotFoundError):
            atomic_files.retry_in_folder(tmp_path, act)


class TestUnnamedFiles:
    @pytest.fixture
    def open_unnamed(self, tmp_path, monkeypatch):
        """Opens an unnamed file while the system fails with an error number."""
        open_file = os.open

        def open_with(number: int) -> int | None:
            def fail(path, flags, *args, **kwargs):
                if flags & os.O_TMPFILE == os.O_TMPFILE:
                    raise OSError(number, os.strerror(number))
                return open_file(path, flags, *args, **kwargs)

            with monkeypatch.context() as patch:
                patch.setattr(os, "open", fail)
                return atomic_files.open_unnamed(tmp_path)

        return open_with

    def test_are_not_used_if_the_filesystem_has_none(self, open_unnamed):
        assert open_unnamed(errno.EOPNOTSUPP) is None

    def test_fail_for_any_other_reason(self, open_unnamed):
        with pytest.raises(PermissionError):
            open_unnamed(errno.EACCES)

    def test_are_not_used_without_proc(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Path, "exists", lambda path: False)

        assert atomic_files.open_unnamed(tmp_path) is None

    def test_replace_a_file_on_request(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        with atomic_files.create_file(path, key="file", replace=True) as descriptor:
            atomic_files.write_all(descriptor, b"new")

        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    def test_leave_the_old_file_after_an_exception(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        def fail() -> None:
            with atomic_files.create_file(path, key="file", replace=True) as descriptor:
                atomic_files.write_all(descriptor, b"new")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            fail()

        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_fails_for_another_reason_is_reported(store, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "link", refuse)

    with pytest.raises(StoreUnavailableError):
        put(store, "a/one", b"1")
    assert keys(store) == set()


def test_two_stores_on_one_folder_have_the_same_objects(store, root):
    put(store, "a/one", b"1")

    assert get(FileSystemStore(FileSystemStorage(location=root)), "a/one") == b"1"
