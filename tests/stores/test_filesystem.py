from __future__ import annotations

import errno
import fcntl
import os
import resource
import subprocess
import sys
import textwrap
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage

from sessions_app.storage import atomic_files
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.store import (
    PART_SIZE,
    KeyRefusedError,
    ObjectMissingError,
    Part,
    PartBusyError,
    PartsLostError,
    PartsRefusedError,
    StoreFullError,
    StoreUnavailableError,
)
from tests.stores.suite import MIB, FlatMemorySuite, RangesSuite, StoreSuite, get, is_empty, keys, put


@pytest.fixture
def root(tmp_path):
    return tmp_path / "storage"


@pytest.fixture
def store(root):
    return FileSystemStore(FileSystemStorage(location=root))


@contextmanager
def disk_of(size: int):
    """No file may grow beyond ``size``: a full disk that needs no root."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


class TestFileSystemStore(StoreSuite, FlatMemorySuite):
    memory_limit = 6 * MIB


class TestFileSystemStoreWithoutUnnamedFiles(StoreSuite):
    """As on NFS."""

    @pytest.fixture(autouse=True)
    def no_unnamed_files(self, monkeypatch):
        monkeypatch.setattr(atomic_files, "open_unnamed", lambda folder: None)

    def test_a_killed_writer_is_found_among_the_open_uploads(self, store):
        writer = store.writer("a/half")
        writer.__enter__()  # and never leave

        (found,) = store.open_uploads("a/")
        assert found.key == "a/half"
        store.abort(found.key, found.upload_id)
        assert is_empty(store)


class TestFileSystemStoreWithoutHardLinks(StoreSuite):
    """As on exFAT or SMB, which know neither links nor files without a name."""

    @pytest.fixture(autouse=True)
    def no_links(self, monkeypatch):
        def refuse(*args, **kwargs):
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(atomic_files, "open_unnamed", lambda folder: None)
        monkeypatch.setattr(os, "link", refuse)


class TestFileSystemRanges(RangesSuite):
    @pytest.fixture
    def copying(self, store):
        return store


class TestFileSystemRangesThatTheKernelWillNotCopy(RangesSuite):
    """As between two filesystems."""

    @pytest.fixture
    def copying(self, store, monkeypatch):
        def refuse(*args, **kwargs):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

        monkeypatch.setattr(os, "copy_file_range", refuse)
        return store


class TestPartsAfterALossOfPower:
    """The system was started again since they came: what had not reached the disk reads as zeros, or is missing."""

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

    def test_make_the_object_if_they_are_there(self, store, upload, parts):
        store.complete("staging/upload-1/x", upload, parts)

        assert store.size("staging/upload-1/x") == 2 * PART_SIZE + 7

    def test_are_missed_if_they_are_damaged(self, store, upload, parts, file):
        with file.open("r+b") as damaged:
            damaged.seek(PART_SIZE)
            damaged.write(bytes(100))

        with pytest.raises(PartsLostError) as error:
            store.complete("staging/upload-1/x", upload, parts)
        assert error.value.numbers == [2]

        parts[1] = store.put_part("staging/upload-1/x", upload, 2, [b"B" * PART_SIZE])
        store.complete("staging/upload-1/x", upload, parts)
        assert get(store, "staging/upload-1/x")[PART_SIZE:] == b"B" * PART_SIZE + b"the end"

    def test_are_missed_if_the_file_ends_before(self, store, upload, parts, file):
        os.truncate(file, PART_SIZE + 5)

        with pytest.raises(PartsLostError) as error:
            store.complete("staging/upload-1/x", upload, parts)

        assert error.value.numbers == [2, 3]

    def test_cannot_be_where_nobody_knows_when_the_system_was_started(self, store, upload, monkeypatch):
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
        print("held", flush=True)
        sys.stdin.read()
"""

WRITER = """
    import sys
    from django.conf import settings
    settings.configure()
    from django.core.files.storage import FileSystemStorage
    from sessions_app.storage.filesystem import FileSystemStore
    from sessions_app.storage.store import PART_SIZE, ObjectMissingError, PartBusyError
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


class TestTheLockOnAnUpload:
    @pytest.fixture
    def upload(self, store):
        return store.begin("a/x")

    @pytest.fixture
    def file(self, upload, root):
        return root / "a" / f".x.{upload}.parts"

    def test_keeps_another_process_out_of_the_part_that_is_written(self, store, upload, file):
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

    def test_keeps_parts_out_while_they_are_joined(self, store, upload, file):
        with process(HOLDER, file, 0, 0), pytest.raises(PartBusyError):
            store.put_part("a/x", upload, 7, [b"bytes"])

    def test_is_given_back_by_a_process_that_is_killed(self, store, upload, file):
        with process(HOLDER, file, 0, 0) as holder:
            holder.kill()
            holder.wait()
            assert store.put_part("a/x", upload, 1, [b"bytes"]).size == 5

    def test_is_given_back_after_an_error(self, store, upload):
        with disk_of(MIB), pytest.raises(StoreFullError):
            store.put_part("a/x", upload, 1, [bytes(2 * MIB)])

        part = store.put_part("a/x", upload, 1, [b"bytes"])
        store.complete("a/x", upload, [part])

    def test_lets_an_upload_be_aborted(self, store, upload, file):
        with process(HOLDER, file, 0, 0):
            store.abort("a/x", upload)

        assert is_empty(store)

    def test_makes_an_object_of_one_writers_bytes_that_stays_what_it_is(self, store, root, upload):
        part = Part(number=1, size=PART_SIZE, etag=f"any@{atomic_files.get_boot_id()}")
        with process(WRITER, root, upload, "a") as one, process(WRITER, root, upload, "b") as other:
            while not (root / "a" / "x").exists():
                assert one.poll() is other.poll() is None
                with suppress(PartBusyError, PartsRefusedError):
                    store.complete("a/x", upload, [part])
            content = get(store, "a/x")
            written = [int(writer.communicate(timeout=30)[0]) for writer in (one, other)]

        assert sum(written) > 0
        assert content in {b"a" * PART_SIZE, b"b" * PART_SIZE}
        assert get(store, "a/x") == content
        assert not list(store.open_uploads(""))

    def test_keeps_parts_out_of_an_object_whose_maker_was_killed(self, store, root, upload, file):
        part = store.put_part("a/x", upload, 1, [b"first"])
        os.link(file, root / "a" / "x")  # joined, and killed before the upload was forgotten

        with pytest.raises(ObjectMissingError):
            store.put_part("a/x", upload, 1, [b"later"])
        store.complete("a/x", upload, [part])

        assert get(store, "a/x") == b"first"
        assert not list(store.open_uploads(""))

    def test_is_asked_for_where_there_are_none(self, store, upload, monkeypatch):
        def no_locks(*_: object) -> None:
            raise OSError(errno.ENOLCK, "No locks available")

        monkeypatch.setattr(fcntl, "fcntl", no_locks)

        with pytest.raises(StoreUnavailableError):
            store.put_part("a/x", upload, 1, [b"bytes"])


class TestFiles:
    def test_have_permissions_whatever_the_umask(self, store, root):
        before = os.umask(0o077)
        try:
            put(store, "a/one", b"1")
        finally:
            os.umask(before)

        assert (root / "a" / "one").stat().st_mode & 0o777 == 0o640

    def test_lie_where_the_store_says(self, store, root):
        put(store, "a/one", b"1")

        files = store.capabilities.local_files

        assert files.local_path("a/one") == root / "a" / "one"
        assert files.local_path("a/one").read_bytes() == b"1"
        with pytest.raises(KeyRefusedError):
            files.local_path("../one")

    def test_leave_no_empty_folders(self, store, root):
        put(store, "staging/job-1/deep/x", b"1")

        store.delete("staging/job-1/deep/x")

        assert list(root.iterdir()) == []

    def test_that_failed_leave_no_empty_folders(self, store, root):
        with disk_of(10), pytest.raises(StoreFullError):
            put(store, "staging/job-1/x", bytes(100))

        assert list(root.iterdir()) == []

    def test_are_whole_or_absent_after_a_kill(self, root):
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

    def test_that_shrank_on_the_disk_are_noticed(self, store, root):
        put(store, "a/one", bytes(100))
        os.truncate(root / "a" / "one", 60)

        with pytest.raises(StoreUnavailableError):
            list(store.read("a/one", 0, 100))

    def test_that_shrink_while_they_are_read_are_noticed(self, store, root):
        put(store, "a/one", bytes(3 * MIB))
        chunks = store.read("a/one", 0, 3 * MIB)
        next(chunks)
        os.truncate(root / "a" / "one", MIB)

        with pytest.raises(StoreUnavailableError):
            list(chunks)

    def test_removed_while_they_are_listed_are_left_out(self, store, root):
        put(store, "a/one", b"1")
        put(store, "a/two", b"2")

        found = store.list("")
        first = next(found)
        for path in (root / "a").iterdir():
            path.unlink()

        assert [first, *found] == [first]

    def test_the_system_will_not_read_are_reported(self, store, root):
        (root / "a").mkdir(parents=True)
        (root / "a" / "loop").symlink_to("loop")

        with pytest.raises(StoreUnavailableError):
            list(store.read("a/loop", 0, 1))

    def test_parts_that_never_arrived_are_missed(self, store):
        upload = store.begin("a/x")
        part = store.put_part("a/x", upload, 1, [b"bytes"])
        other = store.begin("a/x")

        with pytest.raises(PartsRefusedError):
            store.complete("a/x", other, [part])

    def test_ids_of_uploads_never_become_paths(self, store):
        for upload_id in ("", "../x", "a/b", "."):
            with pytest.raises(KeyRefusedError):
                store.put_part("a/x", upload_id, 1, [b"bytes"])


class TestAFullDisk:
    def test_ends_a_writer_and_leaves_nothing(self, store):
        with disk_of(MIB), pytest.raises(StoreFullError) as error, store.writer("a/big") as writer:
            writer.write(bytes(2 * MIB))

        assert error.value.key == "a/big"
        assert is_empty(store)

    def test_ends_a_part(self, store):
        upload = store.begin("a/big")

        with disk_of(MIB), pytest.raises(StoreFullError):
            store.put_part("a/big", upload, 1, [bytes(2 * MIB)])

    @pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
    def test_is_told_by_any_of_its_names(self, store, monkeypatch, number):
        def fail(descriptor):
            raise OSError(number, os.strerror(number))

        monkeypatch.setattr(os, "fsync", fail)

        with pytest.raises(StoreFullError):
            put(store, "a/one", b"1")


class TestFolders:
    def test_are_made_again_if_they_vanish(self, tmp_path):
        folder = tmp_path / "gone"
        vanishings = iter([True, True])

        def act() -> str:
            if next(vanishings, False):
                folder.rmdir()
                raise FileNotFoundError
            return "done"

        assert atomic_files.retry_in_folder(folder, act) == "done"

    def test_that_always_vanish_are_given_up(self, tmp_path, monkeypatch):
        monkeypatch.setattr(atomic_files, "_FOLDER_ATTEMPTS", 3)

        def act() -> None:
            raise FileNotFoundError

        with pytest.raises(FileNotFoundError):
            atomic_files.retry_in_folder(tmp_path, act)


class TestUnnamedFiles:
    @pytest.fixture
    def opened(self, tmp_path, monkeypatch):
        """Open one while the system has an error for that."""
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

    def test_are_done_without_where_the_filesystem_knows_none(self, opened):
        assert opened(errno.EOPNOTSUPP) is None

    def test_fail_for_any_other_reason(self, opened):
        with pytest.raises(PermissionError):
            opened(errno.EACCES)

    def test_are_done_without_where_proc_is_not_mounted(self, tmp_path, monkeypatch):
        monkeypatch.setattr(Path, "exists", lambda path: False)

        assert atomic_files.open_unnamed(tmp_path) is None

    def test_replace_a_file_when_asked(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        with atomic_files.create_file(path, key="file", replace=True) as descriptor:
            atomic_files.write_all(descriptor, b"new")

        assert path.read_bytes() == b"new"
        assert list(tmp_path.iterdir()) == [path]

    def test_keep_the_old_file_after_an_exception(self, tmp_path):
        path = tmp_path / "file"
        path.write_bytes(b"old")

        def break_off() -> None:
            with atomic_files.create_file(path, key="file", replace=True) as descriptor:
                atomic_files.write_all(descriptor, b"new")
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            break_off()

        assert path.read_bytes() == b"old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_link_that_fails_for_another_reason_is_reported(store, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(os, "link", refuse)

    with pytest.raises(StoreUnavailableError):
        put(store, "a/one", b"1")
    assert keys(store) == set()


def test_two_stores_on_one_folder_see_the_same(store, root):
    put(store, "a/one", b"1")

    assert get(FileSystemStore(FileSystemStorage(location=root)), "a/one") == b"1"
