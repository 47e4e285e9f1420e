from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from dubbing_core.zips.multipart import PartLimits
from sessions_app.storage import get_store
from sessions_app.storage.filesystem import FileSystemStore
from tests.stores.memory import MemoryStore
from tests.stores.suite import put


@pytest.fixture(autouse=True)
def storages(settings, tmp_path):
    settings.STORAGES = {
        "default": {
            "BACKEND": "django.core.files.storage.FileSystemStorage",
            "OPTIONS": {"location": tmp_path},
        }
    }
    settings.BLOB_STORE_OPTIONS = {}


class TestGetStore:
    def test_returns_the_store_of_the_settings(self, settings, tmp_path):
        settings.BLOB_STORE = "sessions_app.storage.filesystem.FileSystemStore"

        store = get_store()

        assert isinstance(store, FileSystemStore)
        put(store, "a/one", b"1")
        assert (tmp_path / "a" / "one").read_bytes() == b"1"

    def test_passes_the_options_of_the_settings(self, settings):
        settings.BLOB_STORE = "tests.stores.memory.MemoryStore"
        assert get_store().capabilities.server_side_copy("blobs/ab/large") is None

        settings.BLOB_STORE_OPTIONS = {"limits": PartLimits()}

        assert get_store().capabilities.server_side_copy("blobs/ab/large") is not None

    def test_returns_one_store_per_process(self, settings):
        settings.BLOB_STORE = "tests.stores.memory.MemoryStore"

        assert isinstance(get_store(), MemoryStore)
        assert get_store() is get_store()

    def test_returns_another_store_after_a_change(self, settings):
        settings.BLOB_STORE = "tests.stores.memory.MemoryStore"
        before = get_store()

        settings.DEBUG = True
        assert get_store() is before
        settings.BLOB_STORE = "sessions_app.storage.filesystem.FileSystemStore"
        assert get_store() is not before

    def test_returns_another_store_in_a_forked_worker(self):
        # In a separate process: a process with threads must not be forked.
        program = """
            import os
            from django.conf import settings
            settings.configure(BLOB_STORE="tests.stores.memory.MemoryStore", BLOB_STORE_OPTIONS={})
            from sessions_app.storage import get_store
            before = get_store()
            child = os.fork()
            if not child:
                os._exit(int(get_store() is before))
            assert os.waitpid(child, 0)[1] == 0
            assert get_store() is before
        """

        subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True)
