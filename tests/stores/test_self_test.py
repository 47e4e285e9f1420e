from __future__ import annotations

import errno
import fcntl
import os
from types import SimpleNamespace

import pytest
from django.core.files.storage import FileSystemStorage

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage import atomic_files
from sessions_app.storage.check_result import Outcome
from sessions_app.storage.errors import StoreFullError, StoreUnavailableError
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.s3 import S3Store
from sessions_app.storage.self_test import check_store
from tests.services.swift import running_swift
from tests.stores.buckets import storage_at
from tests.stores.memory import MemoryStore
from tests.stores.suite import is_empty

ORIGIN = "https://dubbing.example.com"
ALL_CHECKS = ["write", "read", "list", "parts", "delete"]


def outcomes(store) -> dict[str, Outcome]:
    results = list(check_store(store, origins=[ORIGIN]))
    assert all(result.message.endswith((".", ".)", ")")) for result in results)
    return {result.check: result.outcome for result in results}


def failures(store) -> list[str]:
    return [check for check, outcome in outcomes(store).items() if outcome is Outcome.FAILED]


class TestStore:
    def test_with_all_abilities_passes_and_stays_empty(self):
        store = MemoryStore()

        assert outcomes(store) == dict.fromkeys(ALL_CHECKS, Outcome.OK)
        assert is_empty(store)

    def test_that_copies_ranges_passes(self):
        assert outcomes(MemoryStore(limits=PartLimits()))["copy"] is Outcome.OK

    def test_that_is_full_fails_at_once(self):
        class Full(MemoryStore):
            def writer(self, key, **_):
                raise StoreFullError(key)

        assert outcomes(Full()) == {"write": Outcome.FAILED}

    def test_that_ignores_ranges_fails(self):
        class Rangeless(MemoryStore):
            def read(self, key, start, end):
                yield self._objects[key]

        assert outcomes(Rangeless()) == {"write": Outcome.OK, "read": Outcome.FAILED}

    def test_that_lists_late_fails(self):
        class Late(MemoryStore):
            def list(self, prefix):
                return iter(())

        assert failures(Late()) == ["list"]

    def test_that_joins_parts_in_the_wrong_order_fails(self):
        class Reversing(MemoryStore):
            def complete(self, key, upload_id, parts, **more):
                super().complete(key, upload_id, parts, **more)
                self._objects[key] = self._objects[key][::-1]

        store = Reversing()

        assert failures(store) == ["parts"]
        assert is_empty(store)

    def test_that_accepts_no_parts_fails(self):
        class Partless(MemoryStore):
            def put_part(self, key, upload_id, number, chunks, **more):
                raise StoreUnavailableError(key)

        store = Partless()

        assert failures(store) == ["parts"]
        assert is_empty(store)

    def test_that_does_not_delete_fails(self):
        class Undeletable(MemoryStore):
            def delete(self, key):
                pass

        assert failures(Undeletable()) == ["delete"]


class TestBucket:
    def test_that_accepts_parts_from_browsers_passes_and_stays_empty(self, storage):
        store = S3Store(storage, direct_uploads=True)

        results = outcomes(store)

        assert Outcome.FAILED not in results.values()
        assert list(results) == [
            *("bucket", "cors-rules", "write", "read", "list"),
            *("cors", "direct-parts", "direct-length", "parts", "copy", "delete"),
        ]
        assert is_empty(store)

    def test_that_players_may_read_passes(self, storage):
        store = S3Store(storage, direct_reads=True)

        results = outcomes(store)

        # Storage without an API for CORS rules, such as Swift, warns that they are set manually.
        assert results["direct-media"] is Outcome.OK
        assert Outcome.FAILED not in results.values()
        assert is_empty(store)

    def test_that_refuses_players_passes_with_a_warning(self):
        with running_swift(allowed_origin="https://elsewhere.example.com") as server:
            storage = storage_at(
                server.endpoint_url,
                access_key=server.access_key,
                secret_key=server.secret_key,
                bucket_name=server.bucket,
            )
            store = S3Store(storage, direct_reads=True)

            assert outcomes(store)["direct-media"] is Outcome.WARNING
            assert failures(store) == []

    def test_behind_the_portal_needs_no_cors_rules(self, storage):
        results = outcomes(S3Store(storage))

        assert Outcome.FAILED not in results.values()
        assert list(results) == ["bucket", "write", "read", "list", "parts", "copy", "delete"]

    def test_that_refuses_the_portals_origin_fails(self):
        with running_swift(allowed_origin="https://elsewhere.example.com") as server:
            storage = storage_at(
                server.endpoint_url,
                access_key=server.access_key,
                secret_key=server.secret_key,
                bucket_name=server.bucket,
            )

            assert set(failures(S3Store(storage, direct_uploads=True))) == {"cors", "direct-parts"}
            assert failures(S3Store(storage)) == []

    def test_whose_public_address_is_unreachable_passes_with_a_warning(self, storage):
        store = S3Store(storage, direct_uploads=True, public_endpoint_url="http://127.0.0.1:9")

        results = outcomes(store)

        assert results["direct-parts"] is Outcome.WARNING
        assert results["parts"] is Outcome.OK
        assert is_empty(store)

    def test_with_a_wrong_key_fails(self, storage):
        storage.secret_key = "another"

        assert failures(S3Store(storage, direct_uploads=True)) == ["write"]


class TestFolder:
    @pytest.fixture
    def root(self, tmp_path):
        return tmp_path / "storage"

    @pytest.fixture
    def store(self, root):
        return FileSystemStore(FileSystemStorage(location=root))

    def test_is_created_and_left_without_files(self, store, root):
        results = outcomes(store)

        assert Outcome.FAILED not in results.values()
        assert list(results) == ["folder", "space", "locks", "unnamed-files", "sharing", *ALL_CHECKS]
        assert [path for path in root.rglob("*") if path.is_file()] == []

    def test_that_is_a_file_fails(self, store, root):
        root.write_bytes(b"a file")

        assert outcomes(store) == {"folder": Outcome.FAILED}

    def test_without_space_fails(self, store, monkeypatch):
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**6))

        assert outcomes(store)["space"] is Outcome.FAILED

    def test_without_locks_fails(self, store, monkeypatch):
        def no_locks(*_: object) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "fcntl", no_locks)

        assert outcomes(store)["locks"] is Outcome.FAILED

    def test_whose_locks_do_not_exclude_fails(self, store, monkeypatch):
        monkeypatch.setattr(fcntl, "fcntl", lambda *_: 0)

        assert outcomes(store)["locks"] is Outcome.FAILED

    def test_without_unnamed_files_passes_with_a_warning(self, store, monkeypatch):
        monkeypatch.setattr(atomic_files, "open_unnamed", lambda folder: None)

        results = outcomes(store)

        assert results["unnamed-files"] is Outcome.WARNING
        assert Outcome.FAILED not in results.values()
