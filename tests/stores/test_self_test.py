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
from sessions_app.storage.filesystem import FileSystemStore
from sessions_app.storage.s3 import S3Store
from sessions_app.storage.self_test import check_store
from sessions_app.storage.store import StoreFullError, StoreUnavailableError
from tests.services.swift import running_swift
from tests.stores.buckets import storage_at
from tests.stores.memory import MemoryStore
from tests.stores.suite import is_empty

ORIGIN = "https://dubbing.example.com"
EVERYTHING = ["write", "read", "list", "parts", "delete"]


def outcomes(store) -> dict[str, Outcome]:
    found = list(check_store(store, origins=[ORIGIN]))
    assert all(finding.message.endswith((".", ".)", ")")) for finding in found)
    return {finding.check: finding.outcome for finding in found}


def failures(store) -> list[str]:
    return [check for check, outcome in outcomes(store).items() if outcome is Outcome.FAILED]


class TestAStore:
    def test_that_does_all_is_fit_and_keeps_nothing(self):
        store = MemoryStore()

        assert outcomes(store) == dict.fromkeys(EVERYTHING, Outcome.OK)
        assert is_empty(store)

    def test_that_copies_ranges_is_fit(self):
        assert outcomes(MemoryStore(limits=PartLimits()))["copy"] is Outcome.OK

    def test_that_is_full_is_told_at_once(self):
        class Full(MemoryStore):
            def writer(self, key, **_):
                raise StoreFullError(key)

        assert outcomes(Full()) == {"write": Outcome.FAILED}

    def test_that_ignores_ranges_is_not_fit(self):
        class Rangeless(MemoryStore):
            def read(self, key, start, end):
                yield self._objects[key]

        assert outcomes(Rangeless()) == {"write": Outcome.OK, "read": Outcome.FAILED}

    def test_that_lists_late_is_not_fit(self):
        class Late(MemoryStore):
            def list(self, prefix):
                return iter(())

        assert failures(Late()) == ["list"]

    def test_that_joins_parts_in_the_wrong_order_is_not_fit(self):
        class Confused(MemoryStore):
            def complete(self, key, upload_id, parts, **more):
                super().complete(key, upload_id, parts, **more)
                self._objects[key] = self._objects[key][::-1]

        store = Confused()

        assert failures(store) == ["parts"]
        assert is_empty(store)

    def test_that_takes_no_parts_is_not_fit(self):
        class Partless(MemoryStore):
            def put_part(self, key, upload_id, number, chunks, **more):
                raise StoreUnavailableError(key)

        store = Partless()

        assert failures(store) == ["parts"]
        assert is_empty(store)

    def test_that_keeps_what_was_deleted_is_not_fit(self):
        class Clinging(MemoryStore):
            def delete(self, key):
                pass

        assert failures(Clinging()) == ["delete"]


class TestABucket:
    def test_that_takes_parts_from_browsers_is_fit_and_keeps_nothing(self, storage):
        store = S3Store(storage, direct_uploads=True)

        found = outcomes(store)

        assert Outcome.FAILED not in found.values()
        assert list(found) == [
            *("bucket", "cors-rules", "write", "read", "list"),
            *("cors", "direct-parts", "direct-length", "parts", "copy", "delete"),
        ]
        assert is_empty(store)

    def test_behind_the_portal_needs_no_rules_for_browsers(self, storage):
        found = outcomes(S3Store(storage))

        assert Outcome.FAILED not in found.values()
        assert list(found) == ["bucket", "write", "read", "list", "parts", "copy", "delete"]

    def test_that_other_pages_may_use_is_not_fit_for_ours(self):
        with running_swift(allowed_origin="https://elsewhere.example.com") as server:
            storage = storage_at(
                server.endpoint_url,
                access_key=server.access_key,
                secret_key=server.secret_key,
                bucket_name=server.bucket,
            )

            assert set(failures(S3Store(storage, direct_uploads=True))) == {"cors", "direct-parts"}
            assert failures(S3Store(storage)) == []

    def test_whose_public_address_does_not_answer_us_may_answer_people(self, storage):
        store = S3Store(storage, direct_uploads=True, public_endpoint_url="http://127.0.0.1:9")

        found = outcomes(store)

        assert found["direct-parts"] is Outcome.WARNING
        assert found["parts"] is Outcome.OK
        assert is_empty(store)

    def test_that_is_not_what_we_say_it_is_copies_nothing(self, storage):
        storage.secret_key = "another"

        assert failures(S3Store(storage, direct_uploads=True)) == ["write"]


class TestAFolder:
    @pytest.fixture
    def root(self, tmp_path):
        return tmp_path / "storage"

    @pytest.fixture
    def store(self, root):
        return FileSystemStore(FileSystemStorage(location=root))

    def test_is_made_and_left_empty(self, store, root):
        found = outcomes(store)

        assert Outcome.FAILED not in found.values()
        assert list(found) == ["folder", "space", "locks", "unnamed-files", "sharing", *EVERYTHING]
        assert list(root.iterdir()) == []

    def test_that_is_none_is_not_fit(self, store, root):
        root.write_bytes(b"a file")

        assert outcomes(store) == {"folder": Outcome.FAILED}

    def test_without_space_is_not_fit(self, store, monkeypatch):
        monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=10**6))

        assert outcomes(store)["space"] is Outcome.FAILED

    def test_without_locks_is_not_fit(self, store, monkeypatch):
        def no_locks(*_: object) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "fcntl", no_locks)

        assert outcomes(store)["locks"] is Outcome.FAILED

    def test_whose_locks_lock_nothing_is_not_fit(self, store, monkeypatch):
        monkeypatch.setattr(fcntl, "fcntl", lambda *_: 0)

        assert outcomes(store)["locks"] is Outcome.FAILED

    def test_without_unnamed_files_is_fit(self, store, monkeypatch):
        monkeypatch.setattr(atomic_files, "open_unnamed", lambda folder: None)

        found = outcomes(store)

        assert found["unnamed-files"] is Outcome.WARNING
        assert Outcome.FAILED not in found.values()
